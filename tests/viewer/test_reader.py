import threading

from eclips4d.viewer.picture import Picture, Wanted
from eclips4d.viewer.reader import Reader


class SlowFrames:
    """Answers only when it is let; notes every question it got."""

    def __init__(self):
        self.go, self.asked, self.closed = threading.Semaphore(0), [], False
        self.started = threading.Semaphore(0)

    def look(self, wanted):
        self.asked.append(wanted.sequence)
        self.started.release()
        assert self.go.acquire(timeout=10)
        return Picture(wanted)

    def close(self):
        self.closed = True


def test_the_latest_question_replaces_those_that_wait():
    frames = SlowFrames()
    reader = Reader(frames)
    reader.ask(Wanted(0))
    assert frames.started.acquire(timeout=10)
    for sequence in range(1, 50):
        reader.ask(Wanted(sequence))
    frames.go.release(2)
    assert frames.started.acquire(timeout=10)
    reader.close()
    assert frames.asked == [0, 49]
    assert frames.closed


def test_an_answer_is_taken_once():
    frames = SlowFrames()
    frames.go.release()
    reader = Reader(frames)
    assert reader.take() is None
    reader.ask(Wanted(3))
    assert reader.wait(10).wanted.sequence == 3
    assert reader.take() is None
    reader.close()


class Still:
    """The same answer to all questions but to one."""

    def __init__(self):
        self.always = Picture(Wanted(0))

    def look(self, wanted):
        return Picture(wanted) if wanted.sequence == 7 else self.always

    def close(self):
        pass


def test_the_same_answer_once_more_is_no_news():
    reader = Reader(Still())
    assert not reader.has_news
    news = []
    for sequence in (0, 0, 7, 0):
        reader.ask(Wanted(sequence))
        assert reader.answers_within(10)
        news.append(reader.has_news)
        assert reader.take() is not None and not reader.has_news
    reader.close()
    assert news == [True, False, True, True]


def test_closing_ends_the_thread():
    reader = Reader(SlowFrames())
    reader.close()
    assert not any(t.name == "viewer-reader" for t in threading.enumerate())


def test_what_lies_ahead_is_done_in_pieces_while_nobody_asks():
    frames, done, asked_for = SlowFrames(), [], []
    frames.go.release(10)
    piece, goes_on = threading.Semaphore(0), threading.Semaphore(0)

    def ahead(wanted):
        asked_for.append(wanted.sequence)
        for k in range(3):
            piece.release()
            assert goes_on.acquire(timeout=10)
            done.append((wanted.sequence, k))
            yield

    reader = Reader(frames, ahead)
    reader.ask(Wanted(1))
    assert piece.acquire(timeout=10)
    reader.ask(Wanted(2))
    goes_on.release()
    assert piece.acquire(timeout=10), "the next question is answered after the piece under way"
    assert done == [(1, 0)]
    goes_on.release(3)
    assert piece.acquire(timeout=10)
    assert piece.acquire(timeout=10)
    reader.close()
    assert asked_for == [1, 2]
    assert done[:2] == [(1, 0), (2, 0)]
