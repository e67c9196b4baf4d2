"""Steps whose walls are too narrow for their pixels, with and without somebody who knows how steep they are."""
