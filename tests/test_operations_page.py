"""The page for operators: its commands parse, its words are the program's, its metrics are those that are served."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from prometheus_client.metrics_core import Metric

from eclips4d.core.bounded_file import KEPT, MOST_BYTES
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.pulse import Pulse
from eclips4d.core.settings import parse_toml
from eclips4d.pipeline.cli import app
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.lifecycle import MOST_DEATHS, PATIENCE, SILENT_AFTER_S, WITHIN_S
from eclips4d.pipeline.measures import PlacingMetrics, RingMetrics, StoreMetrics, StripMetrics, WorkMetrics
from eclips4d.pipeline.plan_run import KEEP_LOGS
from eclips4d.pipeline.process import KEEP_MEMORY, ONE_THREAD
from eclips4d.pipeline.security.gate import Gate
from eclips4d.pipeline.stage import port_of
from eclips4d.pipeline.vital_signs import show_pulse

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNITS = ROOT / "docs" / "systemd"
STAGES = ("storage", "acquisition", "registration", "inference")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


# -- commands --------------------------------------------------------------------------------------------------------


def commands() -> list[str]:
    in_blocks = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("eclips4d ")]
    prose = re.sub(r"^```.*?^```", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    in_text = re.findall(r"`(eclips4d [a-z]+ [^`…]+)`", prose)
    in_units = re.findall(
        r"^ExecStart=\S+/(eclips4d .+)$", "\n".join(map(_text, UNITS.glob("*.service"))), re.MULTILINE
    )
    return [*in_blocks, *in_text, *(line.replace("%i", "0") for line in in_units)]


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_its_commands_parse(line: str) -> None:
    app.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)


def test_there_are_commands_to_parse() -> None:
    names = {line.split()[1] for line in commands()}
    assert names >= {"run", "stage", "serve", "info", "view", "doctor", "keys"}


def test_its_configuration_is_one() -> None:
    (text,) = blocks("toml")
    config = parse_toml(RunConfig, text, "operations.md")
    assert config.endpoints.hub.startswith("ipc:///run/eclips4d/")


# -- metrics ---------------------------------------------------------------------------------------------------------


def served(stage: str) -> Iterator[Metric]:
    """What a stage of this name has to tell."""
    metrics = StageMetrics(stage)
    show_pulse(metrics, Pulse())
    match stage:
        case "storage":
            StoreMetrics(metrics)
            StripMetrics(metrics)
        case "acquisition":
            RingMetrics(metrics)
        case "registration":
            PlacingMetrics(metrics)
        case _:
            WorkMetrics(metrics)
    if stage in ("storage", "registration"):
        with zmq.Context() as context:
            Gate(context, metrics=metrics).close()
    return iter(metrics.registry.collect())


@pytest.fixture(scope="module")
def families() -> dict[str, tuple[str, str, str]]:
    """Type, stages and meaning of every metric of our own, by the name that is served."""
    of: dict[str, list[str]] = {}
    said: dict[str, tuple[str, str]] = {}
    for stage in STAGES:
        for family in served(stage):
            if family.name.startswith("eclips4d_"):
                name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
                of.setdefault(name, []).append(stage)
                said[name] = ("gauge" if family.type == "info" else family.type, family.documentation)
    return {
        name: (said[name][0], "every stage" if len(stages) == len(STAGES) else ", ".join(stages), said[name][1])
        for name, stages in of.items()
    }


def test_every_metric_of_every_stage_stands_in_the_table(families: dict[str, tuple[str, str, str]]) -> None:
    rows = re.findall(r"^\| `(eclips4d_\w+)` \| (\w+) \| ([\w ,]+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert {name: (kind, stages, meaning) for name, kind, stages, meaning in rows} == families


def test_no_other_metric_is_named(families: dict[str, tuple[str, str, str]]) -> None:
    assert set(re.findall(r"\beclips4d_\w+", PAGE)) <= set(families)


def test_its_scrape_and_alert_rules_are_yaml(families: dict[str, tuple[str, str, str]]) -> None:
    yaml = pytest.importorskip("yaml")
    scrape, rules = (yaml.safe_load(block) for block in blocks("yaml"))
    assert [int(target[-4:]) for target in scrape["scrape_configs"][0]["static_configs"][0]["targets"]] == [
        port_of(name, 9100) for name in ("storage", "acquisition", "registration", "inference-0")
    ]
    asked = [rule["expr"] for rule in rules["groups"][0]["rules"]]
    assert len(asked) >= 3 and all("eclips4d_" in expr for expr in asked)


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"reaches {MOST_BYTES >> 20} MB" in PAGE and KEPT == 3 and "only three of those are kept" in PAGE
    assert f"the newest {KEEP_LOGS} runs" in PAGE
    assert f"after {MOST_DEATHS} deaths within a minute" in PAGE and WITHIN_S == 60
    assert f"`silent` after {SILENT_AFTER_S:.0f} s" in PAGE and PATIENCE == {"acquisition": 5.0, "storage": 2.0}
    assert RunConfig.model_fields["patience_s"].default == 60 and "WatchdogSec=30" in _text(
        UNITS / "eclips4d-.service.d" / "common.conf"
    )


# -- words -----------------------------------------------------------------------------------------------------------


def literals() -> str:
    """Everything that the library can say."""
    said = []
    for file in ROOT.glob("*/eclips4d/**/*.py"):
        said += [
            node.value
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
    return "\n".join(said)


OURS = re.compile(r"eclips4d_|eclips4d |--|/|\w+\.jsonl|inference-0|frame_id|status$|HOST")
"""Names and options, which are not words that are shown."""


def test_what_the_operator_sees_is_what_the_program_says() -> None:
    lines = re.findall(r"^- \*\*You see\*\*: (.*(?:\n  .*)*)", PAGE, re.MULTILINE)
    phrases = {phrase for line in lines for phrase in re.findall(r"`([^`]+)`", line)}
    told = literals()
    shown = {phrase for phrase in phrases if not OURS.match(phrase)}
    assert len(lines) > 12 and len(shown) > 30
    assert not {phrase for phrase in shown if phrase not in told}


def test_every_failure_is_told_in_full() -> None:
    part = PAGE.partition("## What goes wrong")[2].partition("\n## ")[0]
    for failure in part.split("\n### ")[1:]:
        assert re.findall(r"^- \*\*(.+?)\*\*:", failure, re.MULTILINE) == ["You see", "The data", "Do"], failure


# -- units -----------------------------------------------------------------------------------------------------------


def test_units_start_stages_as_the_supervisor_does() -> None:
    common = _text(UNITS / "eclips4d-.service.d" / "common.conf")
    said = dict(
        pair.split("=", 1) for line in re.findall(r"^Environment=(.*)$", common, re.MULTILINE) for pair in line.split()
    )
    assert said.items() >= (dict.fromkeys(ONE_THREAD, "1") | KEEP_MEMORY).items()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    shutil.copytree(UNITS, tmp_path, dirs_exist_ok=True)
    for unit in tmp_path.glob("*.service"):
        unit.write_text(_text(unit).replace("/opt/eclips4d/bin/eclips4d", sys.executable))
    hosts = "eclips4d-host@server.service"
    units = ("eclips4d.target", "eclips4d-inference@1.service", "eclips4d-view.service", hosts)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
