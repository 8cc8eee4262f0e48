"""`regard init`, `check` and `test`: a new folder works, and everything that is wrong is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]

SMTP = """
[channels."push.web"]
adapter = "webhook"
url = "http://receiver.example"
secret_env = "{variable}"
colour = "blue"

[channels.sms]
"""


def test_a_new_folder_is_checked_and_its_stories_hold(run: Run, folder: Path) -> None:
    checked = run("check", folder)
    assert (checked.exit_code, checked.output.startswith("Harbour Hotel: ")) == (0, True)
    told = run("test", folder)
    assert told.exit_code == 0
    assert "holds  A guest is reminded two days before arrival" in told.output
    assert "1 hold, 0 fail" in told.output


def test_init_never_overwrites(run: Run, folder: Path) -> None:
    again = run("init", folder)
    assert again.exit_code == 1
    assert "is not an empty folder" in again.output


def test_a_folder_that_is_not_there_says_what_makes_one(run: Run, tmp_path: Path) -> None:
    for command in ("check", "test", "serve"):
        told = run(command, tmp_path / "nowhere")
        assert told.exit_code == 1
        assert "`regard init` makes one" in told.output


def test_no_story_of_a_name_is_told_as_such(run: Run, folder: Path) -> None:
    told = run("test", folder, "--only", "zebra")
    assert told.exit_code == 1
    assert "There is no story whose name contains 'zebra'" in told.output


def test_the_demo_says_which_folder_it_takes(run: Run, tmp_path: Path) -> None:
    told = run("demo", tmp_path / "nowhere")
    assert told.exit_code == 1
    assert "regard demo without FOLDER" in told.output
    assert "regard init --example airline" in told.output


def test_an_example_is_copied_whole_and_holds(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert run("init", "--example", "lamps", folder).exit_code == 0
    assert run("check", folder).exit_code == 0
    copied = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    source = ROOT / "examples" / "lamps"
    there = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    assert copied == {path for path in there if path.parts[0] != ".regard"}


def test_an_example_that_is_not_there_is_told_with_the_one_that_is_meant(
    run: Run, tmp_path: Path
) -> None:
    told = run("init", "--example", "airlines", tmp_path / "mine")
    assert told.exit_code == 1
    assert "did you mean 'airline'?" in told.output
    assert not (tmp_path / "mine").exists()


def test_a_company_that_is_made_right_here_is_named_after_the_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sea-view").mkdir()
    monkeypatch.chdir(tmp_path / "sea-view")
    assert run("init", ".").exit_code == 0
    assert 'name = "Sea View"' in (tmp_path / "sea-view" / "regard.toml").read_text()


def test_check_tells_all_problems_of_all_files_at_once(run: Run, folder: Path) -> None:
    (folder / "consent.yaml").write_text("purposes: [\n")
    (folder / "promises" / "stay_reminder.yaml").write_text("id: stay_reminder\nwhen: now\n")
    story = folder / "stories" / "reminder.yaml"
    story.write_text(story.read_text().replace("given:", "gives:"))
    told = run("check", folder)
    assert told.exit_code == 1
    assert "consent.yaml:" in told.output
    assert "promises/stay_reminder.yaml:2: when: unknown key 'when'" in told.output
    assert "stories/reminder.yaml:4: gives: unknown key 'gives'" in told.output


def test_check_tells_wrong_settings_of_a_channel_with_their_lines(
    run: Run, folder: Path, monkeypatch
) -> None:
    monkeypatch.setenv("PUSH_SECRET", "whsec_x")
    settings = folder / "regard.toml"
    settings.write_text(
        settings.read_text().replace("[channels.sms]\n", SMTP.format(variable="PUSH_SECRET"))
    )
    lines = settings.read_text().splitlines()
    told = run("check", folder)
    assert told.exit_code == 1
    for key in ("url", "secret_env", "colour"):
        line = next(n for n, text in enumerate(lines, 1) if text.startswith(key))
        assert f"regard.toml:{line}: channels.push.web.{key}: " in told.output
    served = run("serve", folder, "--port", 0)
    assert served.exit_code == 1
    assert "The channels cannot be opened" in served.output
    assert "channels.push.web.url" in served.output


def test_a_story_that_does_not_hold_says_where_and_what_instead(run: Run, folder: Path) -> None:
    story = folder / "stories" / "reminder.yaml"
    story.write_text(story.read_text().replace("outcome: kept", "outcome: missed"))
    told = run("test", folder)
    assert told.exit_code == 1
    assert "stories/reminder.yaml:13: then.0: " in told.output
    assert "promise stay_reminder is kept instead of missed" in told.output


def test_only_some_stories_and_none_is_an_error(run: Run, folder: Path) -> None:
    assert run("test", folder, "--only", "GUEST").exit_code == 0
    assert run("test", folder, "--only", "nothing like it").exit_code == 1
