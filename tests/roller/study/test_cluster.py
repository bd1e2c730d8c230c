"""Sweeps on a Dask cluster: real scheduler and workers on the loopback."""

import gc
import http.server
import re
import shutil
import signal
import socketserver
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from unittest import mock

import pytest
from dermaroll.data.checks import InputError
from dermaroll.roller import Study, read_results, run_study
from dermaroll.roller.study.cluster import ANSWER_S, Tls
from dermaroll.roller.study.running import finish_study
from dermaroll.roller.treatment.result import versions

pytest.importorskip("distributed")

STUDY = Study(
    title="on a cluster",
    axes={"load_n": {"from": 1, "to": 5, "steps": 40}, "passes": [2, 4, 6, 8]},
    fixed={"device": "mf-8"},
    region="6x6",
    outputs=["density_per_cm2", "peak_depth_um_mean"],
    part_seconds=0.1,
)


@contextmanager
def dask(*words):
    """A process of Dask's command line, with what it says."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process, pattern):
    for line in process.stderr:
        found = re.search(pattern, line)
        if found:
            return found[1]
    raise AssertionError(pattern)


@contextmanager
def cluster(workers=2, *, secured=()):
    """A scheduler with workers: its address, its process, theirs."""
    where = "tls://127.0.0.1" if secured else "127.0.0.1"
    with dask("scheduler", "--host", where, "--no-dashboard", "--port", "0", *secured) as scheduler:
        address = said(scheduler, r"Scheduler at:\s+(t(?:cp|ls)://\S+)")
        few = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", where, *secured)
        with dask("worker", address, *few) as one, dask("worker", address, *few) as two:
            for worker in (one, two):
                said(worker, r"(Registered to)")
            yield address, scheduler, [one, two][:workers]


@pytest.mark.long
def test_a_cluster_gives_the_same_files_though_a_worker_dies_and_then_the_scheduler(tmp_path):
    alone = run_study(STUDY, tmp_path / "alone", workers=1)
    killed = []

    with cluster() as (address, scheduler, workers):
        with (
            mock.patch("dermaroll.roller.study.cluster.versions", return_value=versions() | {"numpy": "1.0.0"}),
            pytest.raises(InputError, match=r"numpy 1\.0\.0 on every worker, as here; tcp://"),
        ):
            finish_study(STUDY, tmp_path / "other", scheduler=address)
        assert not (tmp_path / "other").exists()

        def kill_one(now):
            if now.parts_done == 2 and not killed:
                killed.append("worker")
                workers[0].send_signal(signal.SIGKILL)

        rows = run_study(STUDY, tmp_path / "cluster", scheduler=address, progress=kill_one)
        assert killed
        assert rows.equals(alone)

        def kill_scheduler(now):
            if now.parts_done == 3:
                scheduler.send_signal(signal.SIGKILL)

        start = time.monotonic()
        with pytest.raises(InputError, match="has gone; finished parts are kept"):
            finish_study(STUDY, tmp_path / "left", scheduler=address, progress=kill_scheduler)
        assert time.monotonic() - start < 60
    there = sorted(path.name for path in (tmp_path / "left" / "parts").iterdir())
    assert 3 <= len(there) < len(list((tmp_path / "alone" / "parts").iterdir()))
    run_study(STUDY, tmp_path / "left", workers=1)
    for path in sorted((tmp_path / "alone" / "parts").iterdir()):
        for folder in ("cluster", "left"):
            assert (tmp_path / folder / "parts" / path.name).read_bytes() == path.read_bytes()
    assert read_results(tmp_path / "left").equals(alone)


def test_without_distributed_the_extra_is_named(tmp_path):
    with mock.patch.dict(sys.modules, {"distributed": None}), pytest.raises(InputError, match=r"dermaroll\[cluster\]"):
        finish_study(STUDY, tmp_path / "out", scheduler="tcp://127.0.0.1:9")


def test_nobody_answers(tmp_path):
    assert ANSWER_S == 10
    with (
        mock.patch("dermaroll.roller.study.cluster.ANSWER_S", 0.5),
        pytest.raises(InputError, match=r"scheduler = 'tcp://.*' .* answers within 0\.5 s"),
    ):
        finish_study(STUDY, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(InputError, match="either workers or a scheduler"):
        finish_study(STUDY, tmp_path / "out", scheduler="tcp://127.0.0.1:9", workers=2)
    with pytest.raises(InputError, match=r"scheduler = 'nonsense'"):
        finish_study(STUDY, tmp_path / "out", scheduler="nonsense")
    assert not (tmp_path / "out").exists()


@pytest.mark.long
@pytest.mark.parametrize("after", ["greeting", "client", "workers"])
def test_a_scheduler_that_freezes_while_it_is_asked_is_given_up(tmp_path, after, monkeypatch):
    import distributed

    with cluster() as (address, scheduler, workers):
        real = distributed.Client.start

        def start(self, **how):
            if after == "greeting":
                scheduler.send_signal(signal.SIGSTOP)
            real(self, **how)
            for process in workers if after == "workers" else [scheduler]:
                process.send_signal(signal.SIGSTOP)

        monkeypatch.setattr(distributed.Client, "start", start)
        monkeypatch.setattr("dermaroll.roller.study.cluster.ANSWER_S", 3.0)
        start = time.monotonic()
        with pytest.raises(InputError, match=r"scheduler = 'tcp://.*' .* answers within 3 s"):
            finish_study(STUDY, tmp_path / "out", scheduler=address)
        assert time.monotonic() - start < 45  # a hang would last for ever
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, what it signed for the cluster and its clients, and a stranger's certificate."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is missing")
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj")
    for name in ("ca", "stranger"):
        openssl("req", "-x509", *new, f"/CN={name}", "-keyout", f"{name}-key.pem", "-out", f"{name}.pem", "-days", "2")
    openssl("req", *new, "/CN=one", "-keyout", "key.pem", "-out", "one.csr")
    sign = ("-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", "one.csr", *sign, "-out", "cert.pem")
    (folder / "both.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return folder


def options(folder, ca, cert, key):
    """Words of the command line for certificates by their names, None for one that is left out."""
    pairs = zip(("--tls-ca", "--tls-cert", "--tls-key"), (ca, cert, key), strict=True)
    return [word for option, name in pairs if name for word in (option, str(folder / f"{name}.pem"))]


def refused(done, told, out):
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert told in line
    assert not out.exists()


@pytest.mark.long
def test_a_cluster_with_certificates_and_those_without_them(certificates, tmp_path, run_here):
    (tmp_path / "study.toml").write_text(STUDY.to_toml())
    alone = run_study(STUDY, tmp_path / "alone", workers=1)
    out = tmp_path / "out"
    sweep = ("sweep", tmp_path / "study.toml", "--out", out, "--scheduler")
    mine = options(certificates, "ca", "cert", "key")
    with cluster(secured=[word.replace("-ca", "-ca-file") if word == "--tls-ca" else word for word in mine]) as (
        at,
        _,
        _,
    ):
        assert at.startswith("tls://")
        plain = at.replace("tls:", "tcp:")
        with mock.patch("dermaroll.roller.study.cluster.ANSWER_S", 3.0):
            refused(run_here(*sweep, at), "certificates", out)
            refused(run_here(*sweep, plain), f"scheduler = '{plain}'", out)
            refused(run_here(*sweep, plain, *mine), "begins with tls://", out)
            for strange in (("stranger", "cert", "key"), ("ca", "stranger", "stranger-key")):
                refused(run_here(*sweep, at, *options(certificates, *strange)), f"scheduler = '{at}'", out)
        done = run_here(*sweep, at, *mine)
        assert done.returncode == 0, done.stderr
        tls = Tls(certificates / "ca.pem", certificates / "both.pem")
        assert run_study(STUDY, tmp_path / "python", scheduler=at, tls=tls).equals(alone)
    assert read_results(out).equals(alone)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((None, "cert", "key"), "tls-ca is missing"),
        (("ca", None, "key"), "tls-cert is missing"),
        (("gone", "cert", "key"), "tls-ca = "),
        (("ca", "gone", "key"), "tls-cert = "),
        (("ca", "cert", "gone"), "tls-key = "),
        (("ca", "cert", None), "that fit together"),
        (("ca", "cert", "ca-key"), "that fit together"),
        (("key", "cert", "key"), "that fit together"),
    ],
)
def test_certificates_that_do_not_fit_are_refused(names, told, certificates, tmp_path, run_here):
    (tmp_path / "study.toml").write_text(STUDY.to_toml())
    line = ("sweep", tmp_path / "study.toml", "--out", tmp_path / "out", "--scheduler", "tls://127.0.0.1:9")
    refused(run_here(*line, *options(certificates, *names)), told, tmp_path / "out")


def test_certificates_without_a_scheduler_are_refused(tmp_path):
    with pytest.raises(InputError, match="no scheduler"):
        finish_study(STUDY, tmp_path / "out", tls=Tls("ca.pem", "cert.pem"))


ANSWERS = {
    "http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "nothing": b"",
    "eight zeros": bytes(8),
    "a little": b"\x10\0\0",
    "half a greeting": struct.pack("Q", 40) + b"12345678",
    "rubbish": struct.pack("Q", 40) + b"\xff" * 400,
}


@pytest.mark.long
@pytest.mark.parametrize("hangs_up", [True, False])
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_port_that_is_no_schedulers_is_told_in_one_line(answer, hangs_up, tmp_path, capfd):
    done = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(ANSWERS[answer])
            if not hangs_up:
                done.wait(60)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_address[1]}"
        with (
            mock.patch("dermaroll.roller.study.cluster.ANSWER_S", 1.0),
            pytest.raises(InputError, match=r"scheduler = 'tcp://\S+' can't .* a Dask scheduler answers within 1 s \("),
        ):
            finish_study(STUDY, tmp_path / "out", scheduler=address)
        done.set()
        server.shutdown()
    gc.collect()
    assert capfd.readouterr().err == ""
    assert not (tmp_path / "out").exists()


def test_http_is_told_in_one_line(tmp_path, run_here):
    (tmp_path / "study.toml").write_text(STUDY.to_toml())
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_address[1]}"
        with mock.patch("dermaroll.roller.study.cluster.ANSWER_S", 2.0):
            done = run_here("sweep", tmp_path / "study.toml", "--out", tmp_path / "out", "--scheduler", address)
        server.shutdown()
    refused(done, f"scheduler = '{address}'", tmp_path / "out")
