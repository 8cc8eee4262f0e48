"""`regard init`, `check` and `test`: a new folder works, and everything that is wrong is told."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run

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


def test_the_demo_says_which_folder_it_takes(run: Run, tmp_path: Path) -> None:
    told = run("demo", tmp_path / "nowhere")
    assert told.exit_code == 1
    assert "regard demo FOLDER" in told.output
    assert "examples/airline" in told.output


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
