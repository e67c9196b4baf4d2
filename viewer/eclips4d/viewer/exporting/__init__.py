"""What leaves the window: pictures of it, figures for a paper, films; none of it made on the window's thread."""
