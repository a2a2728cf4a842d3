"""The demonstration's music: three short instrumental pieces, composed here.

A score is text in MIDI pitches, its bars parted by `|`: `Track.tune` and `harmony` say how it is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from demo_music import instruments as play
from demo_music import studio
from demo_music.instruments import Sound
from demo_music.studio import Chord, Session, Track
from listenlink.demo import PIECES, Piece

_STUDY, _LIGHTS, _TRAIN = PIECES

_STUDY_A = """
    39/50,53,55,58 | 38/50,53,56,60 43/51,53,56,59 | 36/51,55,58,62 | 34/49,53,56,60 39/49,53,55,60 |
    32/51,55,58,60 | 37/51,53,58,59 | 43/50,53,55,58 36/49,52,56,58 | 41/51,55,56,60 34/50,55,56,60"""
_STUDY_B = """
    44/55,58,60,63 | 43/53,55,58,62 | 41/51,55,56,60 | 39/50,53,55,58 |
    32/51,55,58,60 | 43/51,53,56,59 | 36/51,55,58,62 41/51,55,57,62 | 34/51,55,56,60 34/50,55,56,60"""
_STUDY_END = "39/50,53,55,58 | 39/55,58,62,65"
_STUDY_TUNE_A = """
    -:1.5 70:.5 67:1 65:.5 67:.5 | 65:.5 -:1 68:.5 71:1 68:.5 67:.5 | 67:1.5 70:.5 74:2 |
    72:1 68:.5 65:1 67:1.5 | -:.5 72:.5 75:1.5 70:.5 72:1 | 70:1.5 65:.5 63:1 65:1 |
    62:1.5 65:.5 64:1 68:1 | 67:2 62:1 65:1"""
_STUDY_TUNE_B = """
    -:.5 75:2 74:.5 72:1 | 74:2 -:.5 70:.5 67:1 | -:.5 72:1 68:.5 67:2 | -:.5 65:.5 67:.5 70:2.5 |
    -:.5 75:.5 77:.5 75:.5 72:2 | 71:1.5 75:.5 68:1 71:1 | 74:2 72:1 69:1 | 72:2 74:1 70:1"""
_STUDY_TUNE_END = "-:.5 67:.5 70:.5 74:2.5 | 77:.5 79:3.5"

_LIGHTS_A = """
    50/57,62,64,66 | 49/57,61,64,69 | 47/54,57,62,66 | 43/54,57,59,66 |
    42/57,62,66,69 | 40/55,59,62,67 | 43/55,59,62,69 | 45/57,62,64,69 45/57,61,64,69"""
_LIGHTS_B = """
    47/54,57,61,66 | 43/54,59,62,66 | 50/57,62,66,69 | 45/57,61,64,69 |
    40/55,59,62,67 | 42/57,61,64,69 | 43/54,57,59,66 | 43/55,58,62,64"""
_LIGHTS_END = "43/54,57,59,66 | 43/55,58,62,64 | 50/57,62,64,66 | 50/62,66,69,76"
_LIGHTS_TUNE_A = """
    78:1.5 76:.5 74:1 76:1 | 76:1.5 73:.5 69:2 | 74:1.5 73:.5 71:1 74:1 | 71:1 69:2.5 -:.5 |
    78:1.5 79:.5 81:1 78:1 | 79:1.5 78:.5 76:1 71:1 | 74:1 76:1 78:1.5 79:.5 | 76:3 -:1"""
_LIGHTS_TUNE_B = """
    78:2 81:1 83:1 | 83:1.5 81:.5 78:2 | 81:1.5 78:.5 76:1 74:1 | 76:3 73:1 |
    74:1.5 76:.5 79:2 | 78:1.5 76:.5 73:1 76:1 | 74:2 81:2 | 82:2 79:1 76:1"""
_LIGHTS_TUNE_END = "78:2 74:1 71:1 | 70:2 76:2 | 74:4 | -:4"

_TRAIN_A = """
    45/60,64,67,71 | 41/60,64,67,69 | 48/59,62,64,67 | 43/59,62,64,69 |
    45/60,64,67,71 | 41/60,64,67,69 | 38/60,64,65,69 | 40/59,62,64,68"""
_TRAIN_BUILD = "38/60,64,65,69 | 40/59,62,64,67 | 41/60,64,67,69 | 40/59,64,69,71 40/59,64,68,71"
_TRAIN_END = "41/60,64,67,69 | 43/59,62,64,69 | 45/60,64,67,71 | 45/59,60,64,69"
_TRAIN_TUNE = """
    76:1.5 79:.5 81:1.5 79:.5 | 76:1.5 74:.5 72:2 | 74:.75 76:.75 79:1 76:1.5 | 74:2 71:1 74:1 |
    76:1.5 79:.5 83:1.5 84:.5 | 81:1.5 79:.5 76:2 | 81:1 76:1 74:1 72:1 | 71:1.5 74:.5 80:2"""
_TRAIN_TUNE_END = "72:2 76:2 | 74:2 79:2 | 81:4 | -:4"


def compose(piece: Piece) -> Sound:
    """The piece as (2, samples), float32, 44.1 kHz, peaks under 0.85; the same samples each time."""
    return {_STUDY: _late_night_study, _LIGHTS: _harbour_lights, _TRAIN: _night_train}[piece]()


def _late_night_study() -> Sound:
    session = Session(bpm=74, bars=24, tail=2.5, seed=11, swing=0.61)
    a, b, end = _STUDY_A.split("|"), _STUDY_B.split("|"), _STUDY_END.split("|")
    song = studio.harmony(a[6:] + a + b + a[4:] + end)
    piano = Track(session, play.electric_piano, looseness=0.008)
    hands = ("*.....*.........", "*.........*.....", "*.......*.....*.", "*...............")
    piano.follow(song[:-1], *hands, force=0.75).follow(song[-1:], "/", force=0.75, ring=5)
    bass = Track(session, play.round_bass, looseness=0.008)
    bass.follow(_bars(song, 2, 22), "0.....0.5.0...5.", "0.....5.0.....6.", force=0.8)
    bass.follow(_bars(song, 22, 24), "0...............", force=0.8)
    tune = Track(session, play.vibraphone, pan=0.2, looseness=0.012).tune(2, _STUDY_TUNE_A, 0.8)
    last = "|".join(_STUDY_TUNE_A.split("|")[4:])
    tune.tune(10, _STUDY_TUNE_B, 0.85).tune(18, last + " " + _STUDY_TUNE_END, 0.75)
    kicks = Track(session, play.kick).drum(range(2, 22, 2), "7.....5...5.....")
    kicks.drum(range(3, 22, 2), "7.........5.....").drum([22], "6")
    brush = Track(session, play.snare, pan=-0.1).drum(range(2, 22), "....4.......4...")
    hats = Track(session, play.hat, pan=0.35).drum(range(2, 22), "3.2.3.2.3.2.3.2.").drum([22], "3")
    drawn = Track(session, play.wind).drum(range(2, 23), "33")
    keys = studio.equalise(studio.mix(session, (piano, 1)), 90, 5000)
    room = studio.mix(session, (keys, 0.3), (tune, 0.5), (brush, 0.4), (drawn, 0.2))
    tape = studio.mix(
        session,
        *((keys, 0.3), (bass, 0.36), (tune, 0.42), (brush, 2.4), (hats, 1.7), (drawn, 1.0)),
        (studio.reverberate(room, 1.9, 4500), 0.17),
    )
    tape = studio.duck(tape, kicks.strokes(), 0.18, 0.3)
    tape = studio.wobble(studio.mix(session, (tape, 1), (kicks, 0.45)), 0.0011)
    surface = Track(session, play.crackle, looseness=0).play(0, 1, 100, 0.5)
    tape = studio.equalise(studio.mix(session, (tape, 1), (surface, 0.16)), 30, 9000)
    return studio.master(tape, gain=0.5, fade=3.5)


def _harbour_lights() -> Sound:
    session = Session(bpm=100, bars=32, tail=4, seed=22)
    a, b, end = _LIGHTS_A.split("|"), _LIGHTS_B.split("|"), _LIGHTS_END.split("|")
    song = studio.harmony([a[0], a[3], a[0], a[7], *a, *b, *a, *end])
    strings = Track(session, play.guitar, pan=-0.2, looseness=0.007)
    picked = ("0.2.3.4.1.3.2.4.", "0.1.2.3.4.3.2.1.", "0.2.3.4.3234..2.")
    strings.follow(song[:-1], *picked, force=0.75, ring=2.5)
    strings.follow(song[-1:], "/", force=1, ring=9).follow(song[-1:], "0", force=0.8, ring=9)
    high = Track(session, play.guitar, pan=0.5, looseness=0.01)
    high.follow(_bars(song, 12, 31), "..7...8...9...8.", "....9...8.....7.", force=0.5, ring=1.5)
    choir = Track(session, play.pad, looseness=0.02)
    choir.follow(_bars(song, 8, 32), "*...............", force=0.5, swell=0.2)
    bass = Track(session, play.round_bass).follow(_bars(song, 4, 12), "0.......", force=0.6)
    bass.follow(_bars(song, 12, 30), "0.....0.5.......", "0.....0...5.0...", force=0.75)
    bass.follow(_bars(song, 30, 32), "0...............", force=0.7)
    tune = Track(session, play.flute, pan=0.1, looseness=0.01).tune(4, _LIGHTS_TUNE_A, 0.65)
    tune.tune(12, _LIGHTS_TUNE_B, 0.75).tune(20, _LIGHTS_TUNE_A, 0.75)
    tune.tune(28, _LIGHTS_TUNE_END, 0.65)
    bells = Track(session, play.vibraphone, pan=-0.35).tune(20, _LIGHTS_TUNE_A, 0.5, shift=-12)
    shaker = Track(session, play.hat, pan=0.4).drum(range(8, 30), "3242324232423252")
    kicks = Track(session, play.kick).drum(range(12, 30), "6.....3.5.......").drum([30], "5")
    brush = Track(session, play.snare, pan=-0.1).drum(range(12, 30), "....4.......4..2")
    far = studio.echo(studio.mix(session, (tune, 1)), session.seconds(0.75), 0.42)
    room = studio.mix(
        session,
        *((strings, 0.25), (high, 0.3), (choir, 0.25), (tune, 0.3), (bells, 0.3), (far, 0.2)),
        (brush, 0.3),
    )
    band = studio.mix(
        session,
        *((strings, 0.55), (high, 0.6), (choir, 0.22), (bass, 0.3), (tune, 0.25), (far, 0.16)),
        *((bells, 0.24), (shaker, 0.7), (kicks, 0.55), (brush, 1.4)),
        (studio.reverberate(room, 2.6, 7000), 0.33),
    )
    return studio.master(band, gain=0.57, fade=3.5)


def _night_train() -> Sound:
    session = Session(bpm=118, bars=36, tail=3, seed=33)
    a, build, end = _TRAIN_A.split("|"), _TRAIN_BUILD.split("|"), _TRAIN_END.split("|")
    song = studio.harmony([*a[:4], *a, *build, *a, *a, *end])
    wheels = Track(session, play.saw_pluck, looseness=0.003)
    sections = ((0, 4, 0.45, 0.2), (4, 12, 0.6, 0), (12, 16, 0.5, 0.5), (16, 32, 0.8, 0))
    for first, after, force, swell in (*sections, (32, 36, 0.8, -0.6)):
        gallop = ("1431431431437497", "4134134134137479")
        wheels.follow(_bars(song, first, after), *gallop, force=force, swell=swell)
    bass = Track(session, play.saw_bass, looseness=0.003)
    bass.follow(_bars(song, 4, 12), "0..0..6.0..0.65.", "0..0..6.0.0.5.6.", force=0.7)
    bass.follow(_bars(song, 12, 16), "0.0.0.0.0.0.0.0.", force=0.4, swell=0.5)
    bass.follow(_bars(song, 16, 34), "0.60..6.0.60.56.", force=0.85)
    bass.follow(_bars(song, 34, 36), "0...............", force=0.8)
    choir = Track(session, play.pad).follow(_bars(song, 8, 36), "*...............", force=0.7)
    lead = Track(session, play.saw_lead, pan=-0.1).tune(16, _TRAIN_TUNE, 0.75)
    lead.tune(24, _TRAIN_TUNE, 0.85).tune(32, _TRAIN_TUNE_END, 0.7)
    over = Track(session, play.flute, pan=0.3).tune(24, _TRAIN_TUNE, 0.6, shift=12)
    kicks = Track(session, play.kick, looseness=0.001).drum(range(4, 14), "9...9...9...9...")
    kicks.drum(range(16, 34), "9...9...9...9...").drum([34], "9")
    snare = Track(session, play.snare, looseness=0.003).drum(range(8, 14), "....8.......8...")
    snare.drum([14], "4.4.4.4.5.5.5.5.").drum([15], "5555566667778888")
    snare.drum(range(16, 34), "....8.......8...").drum([23, 31], ".............647")
    hats = Track(session, play.hat, pan=0.3, looseness=0.003).drum(range(34), "4252425242524262")
    hats.drum(range(16, 34), "..6...6...6...6.")
    rush = Track(session, play.wind).play(8, 1, 8, 0.6).play(50, 2, 14, 1).play(88, 1, 8, 0.6)
    crash = Track(session, play.hat, pan=-0.3).drum([4, 16, 24, 34], "8")
    far = studio.echo(studio.mix(session, (wheels, 0.5), (lead, 0.5)), session.seconds(0.75), 0.5)
    room = studio.mix(
        session,
        *((wheels, 0.25), (choir, 0.3), (lead, 0.3), (over, 0.3), (snare, 0.25), (rush, 0.4)),
    )
    band = studio.mix(
        session,
        *((wheels, 0.42), (bass, 0.32), (choir, 0.28), (lead, 0.42), (over, 0.2), (far, 0.35)),
        (studio.reverberate(room, 2.2, 7000), 0.4),
    )
    band = studio.duck(band, kicks.strokes(), 0.45, 0.28)
    drums = ((kicks, 0.66), (snare, 1.0), (hats, 0.7), (rush, 0.6), (crash, 0.3))
    return studio.master(studio.mix(session, (band, 1), *drums), gain=0.5, fade=3)


def _bars(song: Sequence[Chord], first: int, after: int) -> list[Chord]:
    return [chord for chord in song if first * 4 <= chord.beat < after * 4]
