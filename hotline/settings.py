"""Every setting, parsed once, typed, and failing loudly with its own name.

A setting comes from, first wins: an argument, the environment (`MINSHENG110_NAME`, or the content of the
file named by `MINSHENG110_NAME_FILE`), `minsheng110.toml` in the run folder (or the file named by
`MINSHENG110_CONFIG`), the secrets the installer generated (`secrets.toml` in the run folder, mode 0600),
the defaults below.
"""

from __future__ import annotations

import os
import tomllib
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cases.ladders import Ladder, ladder, step
from cases.states import Role
from cases.worktime import Hours

PREFIX = "MINSHENG110_"
_Weight = Annotated[int, Field(ge=0, le=1000)]
SECRETS_FILE = "secrets.toml"
CONFIG_FILE = "minsheng110.toml"


class SettingsError(Exception):
    """A setting is wrong; the message names it and says what it takes."""


def default_cache_dir() -> Path:
    """Where fetched things are kept, so that a second checkout does not fetch them again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "minsheng110"


class EscalationStep(BaseModel):
    """One step of a ladder, as it is written in minsheng110.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str = Field(min_length=1, max_length=32)
    when: str
    to: list[str] = []
    move: str | None = None
    every: int = 0
    states: list[str] = []


class Settings(BaseSettings):
    """All settings of one running system. Folders are absolute once parsed."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    profile: Literal["development", "test", "production"] = "development"
    city: str = "shaowu"
    time_zone: str = "Asia/Shanghai"

    run_dir: Path = Path("var")
    cache_dir: Path = Field(default_factory=default_cache_dir)
    recordings_dir: Path | None = None
    city_file: Path | None = None

    # Where things listen. Loopback unless somebody decides otherwise.
    host: str = "127.0.0.1"
    sip_port: int = Field(5060, ge=1, le=65535)
    rtp_first_port: int = Field(10000, ge=1024, le=65534)
    rtp_last_port: int = Field(12999, ge=1025, le=65535)
    fastagi_port: int = Field(4573, ge=1, le=65535)
    ami_port: int = Field(5038, ge=1, le=65535)
    ari_port: int = Field(8088, ge=1, le=65535)
    audiosocket_port: int = Field(4574, ge=1, le=65535)
    web_host: str = "127.0.0.1"
    web_port: int = Field(8110, ge=1, le=65535)

    # Empty means: the embedded one in the run folder.
    database_url: str = ""
    redis_url: str = ""

    # The police exchange, the desks, the agents.
    police_did: str = "110"
    hotline_did: str = "8110"
    trunk_username: str = "police-trunk"
    trunk_ip: str = ""
    trunk_contact: str = ""
    """HOST:PORT where the police exchange takes the calls that we place; unset: where it has registered."""
    trunk_password: SecretStr = SecretStr("")
    desks: list[str] = ["desk1", "desk2"]
    desk_key: str = Field("#", pattern=r"^[0-9*#]{1,3}$")
    agents: list[str] = ["agent1", "agent2"]
    phone_passwords: dict[str, SecretStr] = {}
    ami_password: SecretStr = SecretStr("")
    ari_password: SecretStr = SecretStr("")
    web_secret_key: SecretStr = SecretStr("")
    admin_password: SecretStr = SecretStr("")
    second_factor_key: SecretStr = SecretStr("")
    """Locks up the secrets of second factors in the database; unset: web_secret_key does."""
    second_factor_roles: list[Role] = []
    """Roles that log in with a second factor; in production the administrators do in any case."""

    # The call script's limits, in seconds.
    desk_ring_seconds: int = Field(20, ge=1, le=120)
    agent_wait_seconds: int = Field(30, ge=1, le=600)
    wrap_up_seconds: int = Field(5, ge=0, le=600)
    """How long after a talk an agent's telephone is left in peace."""
    message_seconds: int = Field(120, ge=5, le=1800)
    message_silence_seconds: int = Field(3, ge=1, le=30)
    spoken_second: float = Field(1.0, gt=0, le=10)
    """How much speech makes a message a case (the call script: after the first spoken second)."""

    most_calls: int = Field(1000, ge=1, le=10_000)
    """Calls in a conversation at once; one more hears the dialplan's own apology and is recorded."""

    # The life of a case, in working days unless it says otherwise.
    office_hours: str = "08:30-12:00,14:30-17:30"
    """Of every unit that has none of its own in the city file."""
    deadline_days: dict[str, Annotated[int, Field(ge=0, le=365)]] = {}
    """By deadline class, before what the city file says; 0: the same day."""
    return_days: int = Field(2, ge=1, le=30)
    extension_days: int = Field(10, ge=1, le=60)
    redos: int = Field(1, ge=0, le=10)
    """How often a case is done again before it goes to supervision."""
    reopen_days: int = Field(30, ge=1, le=3650)
    """Calendar days."""
    review_days: int = Field(30, ge=1, le=365)
    """Calendar days after which a suspended case is looked at again, if nobody says when."""
    longest_suspension_days: int = Field(180, ge=1, le=3650)
    """Calendar days."""

    # Supervision (docs/supervision.md).
    escalation: dict[str, list[EscalationStep]] = {}
    """Ladders that replace those of the same name in cases/ladders.py."""
    reception_day: int = Field(15, ge=1, le=28)
    reception_overdue_days: int = Field(10, ge=1, le=365)
    reception_returns: int = Field(3, ge=1, le=100)
    reception_redos: int = Field(1, ge=1, le=100)
    reception_suspended_days: int = Field(60, ge=1, le=3650)
    """Calendar days."""
    reception_at_most: int = Field(50, ge=1, le=1000)
    accountability_people: int = Field(5, ge=2, le=10_000)
    accountability_reactions: int = Field(3, ge=1, le=10_000)
    accountability_transfers: int = Field(3, ge=1, le=1000)

    # What the citizen is told and asked.
    public_url: str = Field("", pattern=r"^(https?://[^\s?#]+)?$")
    """Where citizens reach the tracking page; unset: the console's own address."""
    told_after_seconds: int = Field(90, ge=0, le=3600)
    """The message of acceptance waits so long for the sorting, which says whose it is."""
    sms_sender: Literal["", "shown", "gateway", "off"] = ""
    """Unset: `gateway` where there is one, else `shown` in the console, in production `off`."""
    sms_gateway_url: str = Field("", pattern=r"^(https?://\S+)?$")
    sms_gateway_token: SecretStr = SecretStr("")
    message_tries: int = Field(5, ge=1, le=20)
    survey_calls: bool = True
    """Whether citizens are rung and asked; otherwise the visitor caller does it."""
    survey_hours: str = "09:00-12:00,14:30-18:00"
    survey_tries: int = Field(3, ge=1, le=10)
    survey_ring_seconds: int = Field(30, ge=5, le=120)
    survey_calls_at_once: int = Field(2, ge=1, le=100)

    # Money and scores.
    price_discount_percent: int = Field(10, ge=0, le=100)
    """How much below the market's reference a firm's price is."""
    reward_percent: int = Field(15, ge=0, le=100)
    """What the year's best firms get, of their fees of the year."""
    reward_rating: float = Field(4.5, ge=0, le=5)
    reward_jobs: int = Field(12, ge=1)
    reward_top_percent: int = Field(20, ge=1, le=100)
    """The year's best: a rating and so many jobs at least, and among the top so many of a hundred firms."""
    complaints_end_contract: int = Field(3, ge=1, le=100)
    """So many founded unsatisfied complaints suspend a firm's contract."""
    score_weights: dict[Literal["handling", "quality", "satisfaction", "overdue", "returns"], _Weight] = {}
    """Of a department's score; what is not named keeps its own (cases/assessment.py)."""
    commend_points: int = Field(20, ge=1)
    """A society team with so many points is commended."""

    live_slots: int | None = Field(None, ge=0, le=1000)
    """How many speakers are written down while they speak; unset: what the cores hold, measured at start."""
    workers: int = Field(1, ge=1, le=64)
    web_workers: int = Field(1, ge=1, le=64)
    web_threads: int = Field(256, ge=2, le=4096)
    """An open page holds one, asleep: this many pages a worker, less a few for requests."""
    web_behind_tls: bool = False
    """Whether a proxy in front speaks HTTPS: session cookies then travel by nothing else."""
    sweep_seconds: float = Field(5.0, gt=0, le=3600)
    report_at: time = time(0, 10)
    """From when in the city's time a day's report is made: the first such moment after the day's end."""
    report_day_starts: time = time(0, 0)
    """When a day of the reports begins, for a city whose night shift belongs to the day before."""
    report_late_minutes: int = Field(60, ge=1, le=1440)
    """A report that is made so long after it was due is marked late."""
    report_catch_up_days: int = Field(31, ge=1, le=3660)
    """Missing reports of so many days back are made up for."""
    smtp_host: str = ""
    """The mail server by which reports are sent; unset: none is sent by itself."""
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_seconds: float = Field(10.0, gt=0, le=120)
    """A server that says nothing for so long is left; the mail is tried again."""
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    mail_from: str = "minsheng110@localhost"
    report_mail_to: dict[str, list[str]] = {}
    """Role → addresses that get the reports of that role: {"leader": ["mayor@example.org"]}."""
    model_dir: Path | None = None
    """The recogniser's model; unset: the newest one installed, else the embedded one."""
    prompts_dir: Path | None = None
    """Recordings that replace the built prompts, by the same file name."""
    demo: bool = True
    """Whether `make run` places a demonstration call."""

    @model_validator(mode="after")
    def _agree(self) -> Settings:
        if self.rtp_first_port >= self.rtp_last_port:
            raise ValueError("rtp_first_port must be below rtp_last_port")
        ports = [self.fastagi_port, self.ami_port, self.ari_port, self.audiosocket_port, self.web_port]
        if len(set(ports)) != len(ports):
            raise ValueError("fastagi_port, ami_port, ari_port, audiosocket_port and web_port must differ")
        ZoneInfo(self.time_zone)
        Hours.parse(self.office_hours)
        _ = self.ladders
        Hours.parse(self.survey_hours)
        return self

    @classmethod
    def settings_customise_sources(  # type: ignore[override]
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        **_: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings)

    # ---------------------------------------------------------------- places in the run folder
    @property
    def secrets_file(self) -> Path:
        return self.run_dir / SECRETS_FILE

    @property
    def journal_dir(self) -> Path:
        """Facts that could not be written to the database, waiting for the sweep."""
        return self.run_dir / "journal"

    @property
    def recordings(self) -> Path:
        return self.recordings_dir or self.run_dir / "recordings"

    @property
    def photos(self) -> Path:
        """Pictures of the work, made anew (hotline/photos.py)."""
        return self.run_dir / "photos"

    @property
    def fallback_dir(self) -> Path:
        """Messages the dialplan recorded by itself while FastAGI was away."""
        return self.run_dir / "fallback"

    @property
    def own_prompts(self) -> Path:
        """Recordings that stand in for built prompts; it need not be there."""
        return self.prompts_dir or self.run_dir / "own-prompts"

    @property
    def prompt_sounds(self) -> Path:
        """The built prompts, one `NAME.alaw` and `NAME.wav` each."""
        return self.run_dir / "prompts"

    @property
    def asterisk_dir(self) -> Path:
        return self.run_dir / "asterisk"

    @property
    def log_dir(self) -> Path:
        return self.run_dir / "log"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.run_dir / 'minsheng110.db'}"

    @property
    def router_dir(self) -> Path:
        """Models that `router learn` made of what people corrected."""
        return self.run_dir / "router"

    @property
    def redis_socket(self) -> Path:
        return self.run_dir / "redis.sock"

    @property
    def listener_socket(self) -> Path:
        """Where the telephone's door asks what a caller says."""
        return self.run_dir / "listener.sock"

    @property
    def redis(self) -> str:
        return self.redis_url or f"unix://{self.redis_socket}"

    @property
    def second_factor_required(self) -> frozenset[Role]:
        """Who has to log in with a second factor."""
        always = {Role.ADMIN} if self.profile == "production" else set()
        return frozenset({*always, *self.second_factor_roles})

    @property
    def locking_key(self) -> str:
        """By which secrets in the database are locked up."""
        return self.second_factor_key.get_secret_value() or self.web_secret_key.get_secret_value()

    @property
    def web_url(self) -> str:
        return f"http://{self.web_host}:{self.web_port}"

    @cached_property
    def ladders(self) -> dict[str, Ladder]:
        """What the setting `escalation` says. Raises LadderError."""
        return {
            name: ladder(
                name,
                [step(each.step, each.when, each.to, each.move, each.every, each.states) for each in steps],
            )
            for name, steps in self.escalation.items()
        }

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def _toml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _file_variables() -> dict[str, str]:
    """`MINSHENG110_NAME_FILE=/path` gives the setting NAME the file's content (secrets of a container)."""
    found = {}
    for name, path in os.environ.items():
        if name.startswith(PREFIX) and name.endswith("_FILE") and name != PREFIX + "CITY_FILE":
            try:
                found[name[len(PREFIX) : -len("_FILE")].lower()] = Path(path).read_text("utf-8").strip()
            except OSError as error:
                raise SettingsError(f"{name}: cannot read {path}: {error.strerror}") from error
    return found


def _from_environment(name: str) -> bool:
    return PREFIX + name.upper() in os.environ


def load(**given: Any) -> Settings:
    """Read the settings once.

    Raises SettingsError naming the setting and what is wrong with it.
    """
    run_dir = Path(given.get("run_dir") or os.environ.get(PREFIX + "RUN_DIR") or "var").resolve()
    config = Path(os.environ.get(PREFIX + "CONFIG") or run_dir / CONFIG_FILE)
    below = {**_toml(run_dir / SECRETS_FILE), **_toml(config), **_file_variables()}
    below = {name: value for name, value in below.items() if not _from_environment(name)}
    try:
        return Settings(**{**below, **given, "run_dir": run_dir})
    except ValidationError as error:
        lines = [
            f"setting {'.'.join(str(part) for part in problem['loc']) or '(together)'}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from error


def origins(settings: Settings) -> dict[str, str]:
    """Where each setting's value came from: environment, the name of a file, or default."""
    config = Path(os.environ.get(PREFIX + "CONFIG") or settings.run_dir / CONFIG_FILE)
    in_config, in_secrets, in_files = _toml(config), _toml(settings.secrets_file), _file_variables()

    def origin(name: str) -> str:
        if _from_environment(name):
            return f"environment {PREFIX}{name.upper()}"
        if name in in_files:
            return f"file of {PREFIX}{name.upper()}_FILE"
        if name in in_config:
            return config.name
        return settings.secrets_file.name if name in in_secrets else "default"

    return {name: origin(name) for name in type(settings).model_fields}
