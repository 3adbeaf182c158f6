"""Settings: one place for every key, all faults at once with their places, and no secret in any of them."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest

from reporter.errors import ExitCode, UsageFault
from reporter.model.reports import Mode
from reporter.settings import environment_variables, load_settings, override, read_secret, upstream_variables
from reporter.settings_model import (
    DeliverSettings,
    EnvironmentSettings,
    HttpsSettings,
    JobSettings,
    RecoverySettings,
    RetentionSettings,
    SecretRef,
    ServeSettings,
    Settings,
    TokenSettings,
)
from reporter.settings_text import TABLES, example_text, settings_in_force, settings_rows
from worlds import reporter, reporter_here

SECRET = "s3cr3t-that-nobody-may-see"  # noqa: S105 - of this test


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty directory, without variables of ours."""
    for name in environment_variables():
        if name.startswith(("CAVRA_", "REPORTER_", "CREDENTIALS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def load(text: str, **variables: str) -> Settings:
    Path("s.toml").write_text(text, encoding="utf-8")
    return load_settings("s.toml", variables)[0]


def faults_of(text: str, **variables: str) -> tuple[str, ...]:
    with pytest.raises(UsageFault) as caught:
        load(text, **variables)
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.__context__ is None
    return caught.value.faults


def in_pilot(line: str) -> str:
    return f"[environments.pilot]\n{line}\n"


ONE_FAULT = [
    ('bundles_dir = ""', 'bundles_dir: found "", wanted a text that is not empty'),
    ("bundles_dir = 3", "bundles_dir: found 3, wanted a text"),
    (
        'bundles_dir = "s3://store"',
        "bundles_dir: found an address (not shown), wanted a path on this machine",
    ),
    ("manifest_max_bytes = 999", "manifest_max_bytes: found 999, wanted 1000 at least"),
    ("manifest_max_bytes = 1_000_000_001", "manifest_max_bytes: found 1000000001, wanted 1000000000 at most"),
    ("manifest_max_bytes = true", "manifest_max_bytes: found true, wanted a number"),
    ("manifest_max_bytes = 1500.5", "manifest_max_bytes: found 1500.5, wanted a whole number"),
    ('manifest_max_bytes = "5 MB"', 'manifest_max_bytes: found "5 MB", wanted a whole number'),
    ("manifest_max_bytes = nan", "manifest_max_bytes: found NaN, wanted a finite number"),
    ("manifest_max_bytes = [1]", "manifest_max_bytes: found a list of 1, wanted a whole number"),
    ("[https]\ntimeout_seconds = 0", "https.timeout_seconds: found 0, wanted a number above 0"),
    ("[https]\ntimeout_seconds = 601", "https.timeout_seconds: found 601, wanted 600.0 at most"),
    ("[https]\nca_file = 1", "https.ca_file: found 1, wanted a text"),
    ("https = 1", "https: found 1, wanted a table"),
    ("environments = []", "environments: found an empty list, wanted a table"),
    ("[environments]\npilot = 1979-05-27", 'environments.pilot: found "1979-05-27", wanted a table'),
    (
        "[environments.Pilot]",
        "environments.Pilot: found \"Pilot\", wanted a name of a-z, 0-9, '.', '_' and '-', 63 characters at most",
    ),
    (
        '[environments."../x"]',
        "environments.../x: found \"../x\", wanted a name of a-z, 0-9, '.', '_' and '-', 63 characters at most",
    ),
    (
        in_pilot('mode = "promote"'),
        "environments.pilot.mode: found \"promote\", wanted 'disabled', 'shadow', 'enforce' or 'promoted'",
    ),
    (
        in_pilot("mode = true"),
        "environments.pilot.mode: found true, wanted 'disabled', 'shadow', 'enforce' or 'promoted'",
    ),
    (in_pilot("package_dir = []"), "environments.pilot.package_dir: found an empty list, wanted a text"),
    ("bundle_dir = 'x'", "bundle_dir: unknown key; did you mean bundles_dir?"),
    ("[environment.pilot]", "environment: unknown key; did you mean environments?"),
    ("[https]\ntimeout = 1", "https.timeout: unknown key; did you mean timeout_seconds?"),
    (in_pilot("manifest_dir = 'x'"), "environments.pilot.manifest_dir: unknown key; did you mean manifests_dir?"),
    ("zzz = 1", "zzz: unknown key"),
]


@pytest.mark.parametrize(("text", "fault"), ONE_FAULT, ids=[text.replace("\n", " ") for text, _ in ONE_FAULT])
def test_bad_value_is_one_fault_with_place_found_and_wanted(text: str, fault: str) -> None:
    assert faults_of(text) == (f"s.toml: {fault}",)


@pytest.mark.parametrize("key", ["rollback_drill_max_age_days", "rollback_drill_due_soon_days", "timeout_seconds"])
@pytest.mark.parametrize(
    ("value", "rest"),
    [
        ("nan", "found NaN, wanted a "),
        ("inf", "found Infinity, wanted "),
        ("-inf", "found -Infinity, wanted a "),
        ("0", "found 0, wanted a number above 0"),
        ("-0.0", "found -0.0, wanted a number above 0"),
        ("-1", "found -1, wanted a number above 0"),
        ("1e9", "found 1000000000.0, wanted "),
        ("true", "found true, wanted a number"),
        ('"soon"', 'found "soon", wanted a number'),
        ('""', 'found "", wanted a number'),
        ("[90]", "found a list of 1, wanted a number"),
        ("2026-06-11", 'found "2026-06-11", wanted a number'),
    ],
)
def test_threshold_is_a_positive_number_that_somebody_can_mean(key: str, value: str, rest: str) -> None:
    (fault,) = faults_of(in_pilot(f"{key} = {value}"))
    assert fault.startswith(f"s.toml: environments.pilot.{key}: {rest}")
    variable = upstream_variables()[key]
    if value not in ("true", '""', "[90]", "2026-06-11"):
        (fault,) = faults_of("[environments.default]", **{variable: value.strip('"')})
        assert fault.startswith(f"{variable}: found ")


def test_all_faults_are_reported_at_once() -> None:
    faults = faults_of(
        'bundles_dir = 1\nextra = 1\n[https]\ntimeout_seconds = -1\n[environments.a]\nmode = "x"\n'
        "[environments.b]\nrollback_drill_max_age_days = 0\nruntime_path = 2\n[environments.default]",
        CAVRA_GO_BACKEND_MODE="y",
        REPORTER_SIGNING_KEY="z",
    )
    assert [fault.partition(": found")[0].partition(": unknown")[0] for fault in faults] == [
        "s.toml: bundles_dir",
        "REPORTER_SIGNING_KEY",
        "s.toml: https.timeout_seconds",
        "s.toml: environments.a.mode",
        "s.toml: environments.b.runtime_path",
        "s.toml: environments.b.rollback_drill_max_age_days",
        "CAVRA_GO_BACKEND_MODE",
        "s.toml: extra",
    ]


@pytest.mark.parametrize("text", ["promoted", " Promoted ", "PROMOTED", "\tpromoted\n"])
def test_mode_is_trimmed_and_its_case_does_not_matter(text: str) -> None:
    assert load(in_pilot(f"mode = {json.dumps(text)}")).environments["pilot"].mode is Mode.PROMOTED
    settings, _ = load_settings(None, {"CAVRA_GO_BACKEND_MODE": text})
    assert settings.environments["default"].mode is Mode.PROMOTED


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        pytest.param(b"a = ", "s.toml: not TOML: Invalid value (at end of document)", id="not-toml"),
        pytest.param(b"a = 1\na = 2", "s.toml: not TOML: Cannot overwrite a value (at end of document)", id="twice"),
        pytest.param(b"a = " + b"[" * 5_000, "s.toml: not TOML: nested too deep", id="deep"),
        pytest.param("a = 'é'".encode("latin-1"), "s.toml: not UTF-8 text", id="latin-1"),
        pytest.param("a = 1".encode("utf-16"), "s.toml: not UTF-8 text", id="utf-16"),
    ],
)
def test_file_that_is_no_toml_is_one_fault(content: bytes, fault: str) -> None:
    Path("s.toml").write_bytes(content)
    with pytest.raises(UsageFault) as caught:
        load_settings("s.toml", {})
    assert caught.value.faults == (fault,)


def test_byte_order_mark_is_accepted() -> None:
    assert load("\ufeffbundles_dir = 'x'").bundles_dir == "x"


def test_place_that_is_no_file_is_one_fault() -> None:
    Path("d").mkdir()
    Path("loop").symlink_to("loop")
    found = {}
    for name in ("d", "none.toml", "d/none.toml", "loop", "x" * 300):
        with pytest.raises(UsageFault) as caught:
            load_settings(name, {})
        found[name[:12]] = caught.value.faults
    assert found == {
        "d": ("d: cannot be read: Is a directory",),
        "none.toml": ("none.toml: no such settings file; `reporter init DIR` writes one",),
        "d/none.toml": ("d/none.toml: no such settings file; `reporter init DIR` writes one",),
        "loop": ("loop: cannot be read: Too many levels of symbolic links",),
        "x" * 12: (f"{'x' * 300}: cannot be read: File name too long",),
    }


def test_settings_that_would_be_waited_for_are_refused() -> None:
    os.mkfifo("pipe")
    with pytest.raises(UsageFault, match="pipe: no regular file"):
        load_settings("pipe", {})


def test_a_settings_file_that_leads_nowhere_is_not_taken_for_none() -> None:
    Path("reporter.toml").symlink_to("gone.toml")
    with pytest.raises(UsageFault, match="no such settings file"):
        load_settings(None, {})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[environments.a]\nrollback_plan_path = ['https://bob:hunter2@host/x']", "rollback_plan_path"),
        ("[environments]\nprod = 'https://bob:hunter2@host/x'", "prod"),
        ("[environments.a]\nrollback_plan_path = 'https:/bob:hunter2@host/x'", "rollback_plan_path"),
        ("[environments.a]\nrollback_plan_path = 'https://host/x#hunter2'", "rollback_plan_path"),
        ("[environments.a]\nrollback_plan_path = 'https://[::1/hunter2'", "rollback_plan_path"),
        ('[environments.a]\nrollback_plan_path = "hunter2\\u0000"', "rollback_plan_path"),
        ("bundles_dir = ['hunter2']", "bundles_dir"),
    ],
)
def test_what_may_be_a_secret_in_the_wrong_form_is_not_repeated(text: str, key: str) -> None:
    (fault,) = faults_of(text)
    assert key in fault
    assert "hunter2" not in fault


def test_a_secret_written_as_the_name_of_a_variable_is_not_repeated() -> None:
    with pytest.raises(UsageFault, match=r"variable \(not shown\) is not set"):
        read_secret(load(""), "env:hunter2", "key")


def test_a_credential_is_a_name_and_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run")
    with pytest.raises(UsageFault, match="takes a name, not a path"):
        read_secret(load(""), "credential:../key", "key")


def test_a_secret_in_a_pipe_is_refused() -> None:
    os.mkfifo("pipe")
    with pytest.raises(UsageFault, match="no regular file"):
        read_secret(load(""), f"file:{Path('pipe').absolute()}", "key")


def test_settings_are_looked_for_by_argument_then_variable_then_here() -> None:
    for name in ("argument", "variable", "reporter"):
        Path(f"{name}.toml").write_text(f"bundles_dir = '{name}'")
    variables = {"REPORTER_SETTINGS": "variable.toml"}
    assert load_settings("argument.toml", variables)[0].bundles_dir == "argument"
    assert load_settings(None, variables)[0].bundles_dir == "variable"
    assert load_settings(None, {})[0].bundles_dir == "reporter"
    assert load_settings(None, variables, from_file=False)[0].bundles_dir == "bundles"


def test_variables_of_upstream_alone_make_one_environment_named_default() -> None:
    texts = {"CAVRA_GO_BACKEND_MODE": "promoted", "CAVRA_GO_ROLLBACK_DRILL_MAX_AGE_DAYS": "45"}
    paths = {name: "x.json" for key, name in upstream_variables().items() if key.endswith(("_path", "_dir"))}
    settings, remarks = load_settings(None, texts | paths)
    assert remarks == []
    assert list(settings.environments) == ["default"]
    pilot = settings.environments["default"]
    assert pilot.mode is Mode.PROMOTED
    assert pilot.rollback_drill_max_age_days == 45
    for key in upstream_variables():
        if key.endswith(("_path", "_dir")):
            assert getattr(pilot, key) == str(Path.cwd() / "x.json")


def test_no_file_and_no_variable_is_nothing_to_assess() -> None:
    settings, _ = load_settings(None, {})
    assert settings.environments == {}


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_variable_is_as_if_not_set(blank: str) -> None:
    text = "bundles_dir = 'file'\n[environments.default]\nmode = 'shadow'\nrollback_drill_max_age_days = 30"
    settings = load(
        text, REPORTER_BUNDLES_DIR=blank, CAVRA_GO_BACKEND_MODE=blank, CAVRA_GO_ROLLBACK_DRILL_MAX_AGE_DAYS=blank
    )
    assert settings == load(text)


def test_variable_goes_over_the_file_and_a_flag_over_both() -> None:
    text = "[environments.default]\nmode = 'shadow'\nrollback_drill_max_age_days = 1\ntimeout_seconds = 1\n"
    settings = load(text, CAVRA_GO_BACKEND_MODE="enforce", CAVRA_GO_ROLLBACK_DRILL_MAX_AGE_DAYS="2")
    changed = override(settings, "default", {"mode": "promoted"}).environments["default"]
    assert settings.environments["default"].mode is Mode.ENFORCE
    assert (changed.mode, changed.rollback_drill_max_age_days, changed.timeout_seconds) == (Mode.PROMOTED, 2, 1)


def test_flag_changes_its_environment_alone_and_keeps_the_rest_of_the_settings() -> None:
    settings = load("bundles_dir = 'x'\n[environments.a]\nmode = 'shadow'\n[environments.b]\n")
    changed = override(settings, "a", {"rollback_plan_path": "p.json"})
    assert changed.environments["a"].rollback_plan_path == str(Path.cwd() / "p.json")
    assert changed.environments["a"].mode is Mode.SHADOW
    assert changed.bundles_dir == "x"
    assert changed.base_dir == settings.base_dir


def test_fault_in_a_flag_names_the_flag() -> None:
    settings, _ = load_settings(None, {})
    with pytest.raises(UsageFault) as caught:
        override(settings, "default", {"rollback_drill_max_age_days": -1.0, "policy_path": "http://u:p@h/x"})
    assert caught.value.faults == (
        "--policy-path: found another kind of address (not shown), wanted a path or an https:// address",
        "--rollback-drill-max-age-days: found -1.0, wanted a number above 0",
    )


def test_relative_path_of_the_file_starts_from_its_directory() -> None:
    Path("etc").mkdir()
    Path("etc/s.toml").write_text("bundles_dir = 'b'\n[environments.pilot]\nrollback_plan_path = 'p.json'\n")
    settings, _ = load_settings("etc/s.toml", {})
    etc = Path.cwd() / "etc"
    assert settings.base_dir == etc
    assert settings.resolve(settings.bundles_dir) == str(etc / "b")
    assert settings.resolve(settings.environments["pilot"].rollback_plan_path) == str(etc / "p.json")
    assert settings.resolve("/absolute") == "/absolute"
    assert settings.resolve("https://h/x") == "https://h/x"


def test_relative_path_of_a_variable_or_flag_starts_here() -> None:
    Path("etc").mkdir()
    Path("etc/s.toml").write_text("[environments.default]\nrollback_plan_path = 'file.json'\n")
    variables = {
        "REPORTER_BUNDLES_DIR": "b",
        "REPORTER_SIGNING_KEY": "file:k",
        "CAVRA_GO_ROLLBACK_PLAN": "p.json",
        "CAVRA_GO_RUNTIME_PACKAGE_DIR": "https://h/package",
    }
    settings, _ = load_settings("etc/s.toml", variables)
    here = Path.cwd()
    assert settings.resolve(settings.bundles_dir) == str(here / "b")
    assert settings.signing_key == f"file:{here / 'k'}"
    assert settings.environments["default"].rollback_plan_path == str(here / "p.json")
    assert settings.environments["default"].package_dir == "https://h/package"
    changed = override(settings, "default", {"rollback_plan_path": "q.json"})
    assert changed.environments["default"].rollback_plan_path == str(here / "q.json")


def test_variables_of_upstream_are_ignored_with_a_remark_when_the_file_has_no_default() -> None:
    Path("s.toml").write_text(in_pilot("mode = 'shadow'"))
    settings, remarks = load_settings(
        "s.toml", {"CAVRA_GO_ROLLBACK_PLAN": "p.json", "CAVRA_GO_BACKEND_MODE": "promoted"}
    )
    assert settings.environments == {"pilot": EnvironmentSettings(mode=Mode.SHADOW)}
    assert remarks == [
        "ignored: CAVRA_GO_BACKEND_MODE, CAVRA_GO_ROLLBACK_PLAN; the settings file defines no environment named default"
    ]


@pytest.mark.parametrize("text", ["environments = 3", "[environments]\ndefault = 3", "[environments]\ndefault = []"])
def test_variables_over_a_file_of_the_wrong_form_still_give_its_fault(text: str) -> None:
    (fault,) = faults_of(text, CAVRA_GO_BACKEND_MODE="promoted")
    assert fault.endswith("wanted a table")


NOT_SHOWN = "found something else (not shown), wanted a reference: env:NAME, file:PATH or credential:NAME"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(f'signing_key = "{SECRET}"', f"signing_key: {NOT_SHOWN}", id="key"),
        pytest.param(f'signing_key = "ENV:{SECRET}"', f"signing_key: {NOT_SHOWN}", id="upper-case-kind"),
        pytest.param('signing_key = "env:"', f"signing_key: {NOT_SHOWN}", id="no-name"),
        pytest.param('signing_key = "file: "', f"signing_key: {NOT_SHOWN}", id="blank-name"),
        pytest.param(f'signing_key = {{ pem = "{SECRET}" }}', f"signing_key: {NOT_SHOWN}", id="key-as-table"),
        pytest.param(f'signing_key = ["{SECRET}"]', f"signing_key: {NOT_SHOWN}", id="key-as-list"),
        pytest.param(f'[https.tokens]\n"a.b" = "{SECRET}"', f"https.tokens.a.b: {NOT_SHOWN}", id="token"),
        pytest.param(
            f'[https]\ntokens = "{SECRET}"',
            "https.tokens: found something else (not shown), wanted a table",
            id="tokens",
        ),
        pytest.param(f'https = "{SECRET}"', "https: found something else (not shown), wanted a table", id="https"),
        pytest.param(
            f'[https]\ntimeout_seconds = "{SECRET}"',
            "https.timeout_seconds: found something else (not shown), wanted a number",
            id="timeout",
        ),
        pytest.param(
            f'[https]\ntoken = "{SECRET}"', "https.token: unknown key; did you mean tokens?", id="unknown-key"
        ),
        pytest.param(
            in_pilot(f'manifests_dir = "http://h/{SECRET}"'),
            "environments.pilot.manifests_dir: found another kind of address (not shown), "
            "wanted a path or an https:// address",
            id="http",
        ),
        pytest.param(
            in_pilot(f'manifests_dir = "https://u:{SECRET}@h/x"'),
            "environments.pilot.manifests_dir: found an address with a password (not shown), "
            "wanted the token under https.tokens",
            id="password",
        ),
        pytest.param(
            in_pilot(f'runtime_path = "https://u:{SECRET}@h/x"'),
            "environments.pilot.runtime_path: found an address (not shown), wanted a path on this machine",
            id="runtime",
        ),
    ],
)
def test_secret_that_was_written_down_is_refused_and_shown_nowhere(
    text: str, fault: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert faults_of(text) == (f"s.toml: {fault}",)
    done = reporter_here("settings", "check", "--settings", "s.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"error: s.toml: {fault}\n"
    assert SECRET not in done.stdout + done.stderr + "".join(capfd.readouterr())


def test_secret_in_a_variable_is_refused_and_shown_nowhere(tmp_path: Path) -> None:
    done = reporter("settings", "check", cwd=tmp_path, env={"REPORTER_SIGNING_KEY": SECRET})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: REPORTER_SIGNING_KEY: {NOT_SHOWN}\n"


WITH_SECRETS = """
signing_key = "file:private-place/signing.key"
[https.tokens]
"manifests.example.org" = "env:PRIVATE_NAME"
[serve.tokens.lead]
secret = "env:PRIVATE_NAME"
role = "approve"
[environments.tokens]
manifests_dir = "https://manifests.example.org/pilot"
rollback_plan_path = "https://manifests.example.org/plan.json?sig=signed-part"
records = ["https://feed.example.org/capability?a=b", "https://feed.example.org?capability", "https.jsonl"]
[environments.signing_key]
mode = "promoted"
"""


def test_settings_in_force_leave_out_what_is_not_set_and_count_it() -> None:
    lines = settings_in_force(load(WITH_SECRETS), as_json=False).splitlines()
    assert all(one.split(" = ")[1] not in ('""', "null", "[]", "{}") for one in lines[:-1])
    assert 'log_level = "info"' in lines
    unset = json.loads(settings_in_force(load(WITH_SECRETS), as_json=True))
    assert unset["connector_config"] == ""
    assert re.fullmatch(r"# [0-9]+ keys are not set; `reporter settings example` says what each is for", lines[-1])


def test_reference_prints_as_secret_wherever_settings_are_printed(tmp_path: Path) -> None:
    settings = load(WITH_SECRETS)
    assert isinstance(settings.signing_key, SecretRef)
    texts = [repr(settings), str(settings), f"{settings!r}", repr(settings.https), repr(settings.model_dump())]
    texts += [settings_in_force(settings, as_json=True), settings_in_force(settings, as_json=False)]
    for as_json in ([], ["--json"]):
        done = reporter_here("settings", "check", "--settings", "s.toml", *as_json, cwd=tmp_path)
        assert done.returncode == 0
        texts.append(done.stdout + done.stderr)
    for text in texts:
        assert "<secret>" in text
        assert "private-place" not in text
        assert "PRIVATE_NAME" not in text


def test_settings_check_shows_all_but_the_secrets(tmp_path: Path) -> None:
    Path("s.toml").write_text(WITH_SECRETS)
    done = reporter_here("settings", "check", "--settings", "s.toml", "--json", cwd=tmp_path)
    shown = json.loads(done.stdout)
    assert shown["signing_key"] == "<secret>"
    assert shown["https"]["tokens"] == {"manifests.example.org": "<secret>"}
    assert shown["serve"]["tokens"] == {"lead": {"secret": "<secret>", "role": "approve"}}
    assert shown["environments"]["signing_key"]["mode"] == "promoted"
    pilot = shown["environments"]["tokens"]
    assert pilot["manifests_dir"] == "https://manifests.example.org/pilot"
    assert pilot["rollback_plan_path"] == "https://manifests.example.org/plan.json?<secret>"
    assert pilot["records"] == [*["https://feed.example.org/<secret>"] * 2, "https.jsonl"]
    lines = reporter_here("settings", "check", "--settings", "s.toml", cwd=tmp_path).stdout.splitlines()
    assert 'https.tokens.manifests.example.org = "<secret>"' in lines
    assert 'environments.signing_key.mode = "promoted"' in lines


def test_secret_is_read_from_a_variable_a_file_and_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_bytes(b"from file\n")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "token").write_bytes(b"from credential")
    monkeypatch.setenv("THE_TOKEN", "from variable")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    settings = load("")
    monkeypatch.chdir("/")
    assert read_secret(settings, "env:THE_TOKEN", "key") == b"from variable"
    assert read_secret(settings, "file:token", "key") == b"from file\n"
    assert read_secret(settings, f"file:{tmp_path}/token", "key") == b"from file\n"
    assert read_secret(settings, "credential:token", "key") == b"from credential"


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ("env:NOT_SET", "key: the environment variable NOT_SET is not set"),
        ("env:EMPTY", "key: the environment variable EMPTY is not set"),
        ("file:none", "key: {here}/none: No such file or directory"),
        ("file:.", "key: {here}: Is a directory"),
        ("file:a\0b", "key: {here}/a\\u0000b: no name that a file can have"),
        ("file:\ud800x", "key: {here}/\\ud800x: no name that a file can have"),
        (
            "credential:none",
            (
                "key: credential:none needs CREDENTIALS_DIRECTORY, which systemd sets for LoadCredential=;"
                " by hand, as root: CREDENTIALS_DIRECTORY=/etc/reporter/credentials reporter ..."
            ),
        ),
    ],
)
def test_secret_that_is_not_there_is_one_fault(reference: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    with pytest.raises(UsageFault) as caught:
        read_secret(load(""), reference, "key")
    assert caught.value.faults == (fault.format(here=Path.cwd()),)


def test_variable_that_is_no_text_is_read_as_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD", os.fsdecode(b"\xff\xfe1"))
    assert read_secret(load(""), "env:ODD", "key") == b"\xff\xfe1"


@pytest.mark.parametrize("reference", ["env:S3CRET", "file:s3cret", "file:.", "credential:s3cret"])
def test_reference_of_a_private_file_is_told_by_its_kind_alone(reference: str) -> None:
    with pytest.raises(UsageFault) as caught:
        read_secret(load(""), reference, "key", is_private=True)
    (fault,) = caught.value.faults
    assert "(not shown)" in fault
    assert "s3cret" not in fault.lower()


def test_credential_that_is_not_there_is_one_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(UsageFault, match=r"key: .*/none: No such file or directory"):
        read_secret(load(""), "credential:none", "key")


def test_example_is_valid_and_loads_with_every_default(tmp_path: Path) -> None:
    settings = load(example_text())
    assert settings.environments["production-pilot"].mode is Mode.PROMOTED
    assert settings.model_copy(update={"environments": {}}).model_dump() == load("").model_dump()
    done = reporter_here("settings", "example", cwd=tmp_path)
    assert done.stdout.rstrip() == example_text().rstrip()
    (tmp_path / "reporter.toml").write_text(done.stdout)
    assert reporter_here("settings", "check", cwd=tmp_path).returncode == 0


def test_example_holds_every_key_and_each_example_is_accepted() -> None:
    """Take the comment signs from every key and the whole is still valid."""
    lines = example_text().splitlines()
    uncommented = "\n".join(
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line for line in lines
    )
    values = tomllib.loads(uncommented)
    (pilot,) = values["environments"].values()
    assert set(values) == set(Settings.model_fields)
    assert set(values["https"]) == set(HttpsSettings.model_fields)
    assert set(values["serve"]) == set(ServeSettings.model_fields)
    assert set(pilot) == set(EnvironmentSettings.model_fields)
    load(uncommented)


def test_every_key_has_a_description_an_example_and_a_row_in_the_reference() -> None:
    rows = {key: (default, variable, description) for key, default, variable, description in settings_rows()}
    assert rows["environments.NAME.mode"][:2] == ("disabled", "CAVRA_GO_BACKEND_MODE")
    assert rows["bundles_dir"][:2] == ("bundles", "REPORTER_BUNDLES_DIR")
    assert rows["https.timeout_seconds"][:2] == ("10.0", "")
    models = (Settings, HttpsSettings, RetentionSettings, JobSettings, EnvironmentSettings, RecoverySettings)
    for model in (*models, DeliverSettings, ServeSettings, TokenSettings):
        for name, field in model.model_fields.items():
            assert field.description, name
            if not {name, f"serve.{name}", f"environments.NAME.{name}"} & TABLES or model is HttpsSettings:
                assert field.examples, name
                assert [key for key in rows if key.rpartition(".")[2] == name]


def test_digest_is_of_the_values_and_not_of_their_order() -> None:
    one = load("bundles_dir = 'x'\nmanifest_max_bytes = 2000\n[environments.a]\nmode = 'shadow'\n[environments.b]\n")
    other = load(
        "[environments.b]\nmode = 'DISABLED'\n[environments.a]\ntimeout_seconds = 5\nmode = ' shadow '\n"
        "[https]\ntimeout_seconds = 10.0\n",
        REPORTER_BUNDLES_DIR="/nowhere",
    )
    assert len(one.digest("a")) == 64
    same = load("manifest_max_bytes = 2000\nbundles_dir = 'x'\n[environments.b]\n[environments.a]\nmode = 'Shadow'\n")
    assert one.digest("a") == same.digest("a")
    assert one.digest("a") != other.digest("a"), "another size limit"
    assert one.digest("a") != one.digest("b")
    told = load(
        "manifest_max_bytes = 2000\n[environments.a]\nmode = 'shadow'\n[environments.a.deliver]\nnotify = true\n"
    )
    assert one.digest("a") == told.digest("a"), "who is told decides no verdict"


def test_addresses_of_executives_are_never_shown() -> None:
    settings = load("[environments.a.deliver]\nexecutives = ['cto@example.org', 'cfo@example.org']\n")
    assert settings.environments["a"].deliver.executives == ("cto@example.org", "cfo@example.org")
    for text in (repr(settings), settings_in_force(settings, as_json=True), settings_in_force(settings, as_json=False)):
        assert "example.org" not in text
    with pytest.raises(UsageFault) as refused:
        load("[environments.a.deliver]\nexecutives = ['cto@example.org, cfo@example.org']\n")
    assert "deliver.executives.0: found something else (not shown), wanted one e-mail address" in str(refused.value)
    assert "example.org" not in str(refused.value)


def test_connector_configuration_comes_from_the_file_or_from_upstreams_variable() -> None:
    assert load("connector_config = 'private/connectors.json'\n").connector_config == "private/connectors.json"
    assert load("", CAVRA_CONNECTOR_CONFIG="/etc/connectors.json").connector_config == "/etc/connectors.json"


def test_digest_of_an_environment_is_the_same_wherever_its_files_lie() -> None:
    here = load("bundles_dir = 'x'\n[environments.a]\nrollback_plan_path = 'here/plan.json'\n")
    there = load("[environments.a]\nrollback_plan_path = '/there/plan.json'\n[environments.z]\n")
    assert here.digest("a") == there.digest("a")
    assert here.digest("a") != load("[environments.a]\nrollback_plan_path = 'other.json'\n").digest("a")


def test_environment_of_the_process_is_what_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAVRA_GO_BACKEND_MODE", "shadow")
    assert load_settings()[0].environments["default"].mode is Mode.SHADOW
