"""The patient's page: plain words, no catalogue names, nothing like a promise, two sides of paper."""

import re
import shutil
import subprocess

import pytest
from dermaroll.data.catalog import devices, sites
from dermaroll.data.checks import InputError
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, compare, treat
from dermaroll.roller.programme.sessions import run_programme
from dermaroll.viz.page.patient import patient_words, write_patient_page

SMALL = {"region": rectangle(8, 8), "seed": 1}
PROMISES = r"\b(will (look|be better|improve|get|gain|heal)|guarantee|cure|safe|best|always|never|results?)\b"


def syllables(word):
    """Groups of vowels, a silent e left out: how the formula's users count."""
    word = word.lower()
    count = len(re.findall(r"[aeiouy]+", word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and count > 1:
        count -= 1
    return max(count, 1)


def grade(text):
    """Flesch-Kincaid grade (Kincaid et al. 1975)."""
    sentences = [part for part in re.split(r"[.?!](?:\s|$)", text) if part.strip()]
    words = re.findall(r"[A-Za-z']+|[\d.]+\d|\d+", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def cases():
    yield "clinic", treat("mf-8", "cheek", Technique(passes=8), aftermath=True, **SMALL)
    yield "home", treat("generic-0.2mm", "upper_lip", Technique(passes=4), aftermath=True, **SMALL)
    yield "discs", treat("dts-405-1.5mm", "eyelid", Technique(passes=4, load_n=6), active="txa", **SMALL)
    yield "closed", treat("mf-8", "cheek", Technique(passes=2, load_n=0), aftermath=True, **SMALL)
    yield "visits", run_programme("mf-8", "neck", "acne-scars", Technique(), **SMALL)


@pytest.fixture(scope="module", params=list(cases()), ids=lambda case: case[0])
def result(request):
    return request.param[1]


def test_grade_counts_as_it_should():
    # Fifth-grade and college texts lie where the formula puts them.
    assert grade("The cat sat on the mat. It was a fat cat.") < 2
    assert grade("Perpendicular microchannels facilitate percutaneous transportation considerably.") > 20


def test_words_are_plain_and_promise_nothing(result):
    words = patient_words(result)
    assert grade(words.prose) <= 7
    for paragraph in (words.done, [line.what for line in words.looks], words.unsure):
        assert grade(" ".join(paragraph)) <= 7, paragraph
    assert not re.search(PROMISES, words.prose, re.IGNORECASE)
    for name in devices():
        assert not re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", words.prose)
    assert not any("_" in name and name in words.prose for name in sites())
    assert not re.search(r"e[+-]\d|nan|inf\b|None", words.prose)
    assert all(line.sure for line in (*words.looks, *words.later))


def test_a_closed_skin_has_nothing_to_come(result):
    session = getattr(result, "sessions", [None])[0]
    one = session.treatment if session else result
    assert bool(patient_words(result).later) == (one["density_per_cm2"] > 0)


def test_what_can_not_be_told_to_a_patient_is_refused(tmp_path):
    with pytest.raises(InputError, match="one device on one site"):
        patient_words(compare(["cit-8", "c-8"], "cheek", Technique(passes=1), **SMALL))
    with pytest.raises(InputError, match="what follows"):
        write_patient_page(treat("cit-8", "cheek", Technique(passes=1), **SMALL), tmp_path / "page.html")


@pytest.mark.long
@pytest.mark.browser
def test_it_prints_on_two_sides(result, tmp_path):
    page, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    write_patient_page(result, page)
    text = page.read_text(encoding="utf-8")
    assert all(field in text for field in ("Clinic", "Name", "Date"))
    command = [shutil.which("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    subprocess.run([*command, f"--print-to-pdf={paper}", page.as_uri()], check=True, capture_output=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())) <= 2
