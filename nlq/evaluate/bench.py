"""Where suites are run: services on their databases, one model for all, no plan of an earlier pipeline."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from nlq.catalog.fingerprint import digest
from nlq.compiler import load_prompts
from nlq.engine.cancellation import Cancellation
from nlq.errors import EvalError, ModelError
from nlq.evaluate.distinguish import OpenLuck, luck_finder
from nlq.evaluate.fixture import FileDialect, make_fixture
from nlq.evaluate.gold import run_gold_on, run_golds
from nlq.evaluate.journal import Journal
from nlq.evaluate.outcome import Outcome
from nlq.evaluate.public import find_descriptions
from nlq.evaluate.report import Made, Report
from nlq.evaluate.run import Desk, evaluate, open_desk, run_case
from nlq.evaluate.suite import Case, Suite
from nlq.model import Call, Model, Reply
from nlq.service import Service
from nlq.settings import Settings
from nlq.store.rules import RuleStore
from nlq.wire import open_cached_model, open_service

ROWS = 100_000
"""As many as a gold may give: a result that was cut would be counted as wrong."""

Observe = Callable[[Outcome], None]


class _NoModel:
    """A plan for a variant is found, or there is none."""

    name = "none"
    is_local = True

    def complete(self, call: Call) -> Reply:
        """Nothing. Raises `model.unreachable`."""
        raise ModelError("model.unreachable", "no model is asked about variants of the data")

    def close(self) -> None:
        """Nothing."""


class Bench:
    """Runs suites under settings. Use it as a context: it holds a model and a directory."""

    def __init__(
        self,
        settings: Settings,
        *,
        db: str = "",
        prompts: Path | None = None,
        dialect: FileDialect = "duckdb",
        find_database: Callable[[Settings], Settings] = lambda settings: settings,
        model: Model | None = None,
    ) -> None:
        """`db` replaces the databases of all suites, `prompts` is a directory of templates to use.

        `find_database` makes settings of those whose `db` is a name. Fixtures are made for `dialect`.
        """
        self._settings = replace(settings, row_limit=ROWS)
        self._db = db
        self._prompts = prompts
        self._dialect = dialect
        self._find_database = find_database
        self._prompt_hash = load_prompts(prompts).hash
        self._model = model or open_cached_model(self._settings)
        # Plans that an earlier pipeline made would hide what this one makes; replies are the model's own.
        self._scratch = TemporaryDirectory(prefix="nlq-eval-")
        self._fixtures: dict[tuple[str, ...], str] = {}

    def __enter__(self) -> Bench:
        """The bench."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Stop the model and remove the scratch databases."""
        self._model.close()
        self._scratch.cleanup()

    @property
    def made(self) -> Made:
        """By what reports are made."""
        return Made(self._settings.model, self._prompt_hash, self._db)

    def run(
        self,
        suite: Suite,
        *,
        jobs: int = 1,
        variants: int = 0,
        seed: int = 0,
        observe: Observe | None = None,
        journal: Journal | None = None,
        cancellation: Cancellation | None = None,
    ) -> Report:
        """The report of a suite. What the journal holds already is not asked again.

        Answers that are right are asked again of `variants` of the database, whose data `seed` decides.

        Raises as `evaluate` does, and as services do when they are opened.
        """

        def heard(outcome: Outcome) -> None:
            if journal is not None:
                journal.add(suite.name, outcome)
            if observe is not None:
                observe(outcome)

        def open_(database: str) -> Service:
            return self.open(suite, database)

        report = evaluate(
            suite, open_, observe=heard, jobs=jobs, cancellation=cancellation,
            done=journal.done(suite) if journal else None,
            open_luck=luck_finder(self._open_variant, variants, seed) if variants else None,
        )  # fmt: skip
        return replace(report, made=self.made)

    def open_runner(self, suite: Suite, *, variants: int = 0, seed: int = 0) -> Runner:
        """Runs single cases of a suite."""
        luck = luck_finder(self._open_variant, variants, seed) if variants else None
        return Runner(self, suite, luck)

    def open(self, suite: Suite, database: str = "") -> Service:
        """The service for a database of the suite: of a case, else its own, else that of the settings."""
        url = self._db or database or suite.database or self._fixture(suite) or self._settings.db
        policy = suite.policy or self._settings.policy
        # What is published beside a database describes that one, not another that is asked instead.
        described = find_descriptions(database) if url == database else ""
        found = self._find_database(
            replace(
                self._settings, db=url, policy=policy, descriptions=described or self._settings.descriptions
            )
        )
        asking = next((c for c in suite.cases if c.asked_by), None)
        if asking is not None and not found.policy:
            raise EvalError(
                "eval.invalid",
                f"case {asking.number} of `{suite.name}` names who asks, and there is no policy",
                'write `policy = "policy.toml"` into the suite, or use `--policy`',
            )
        # A question may be asked of several databases: each has plans of its own.
        cache = Path(self._scratch.name) / "plans" / digest(found.db)[:16]
        RuleStore(Path(self._settings.cache_dir)).copy_to(cache)
        return self._open(replace(found, cache_dir=str(cache)), self._model)

    def _open(self, settings: Settings, model: Model) -> Service:
        return open_service(settings, model=model, prompts=self._prompts)

    def _open_variant(self, service: Service, url: str) -> Service:
        """The same service on another database: plans are found, and no model is asked."""
        return self._open(replace(service.settings, db=url, audit=""), _NoModel())

    def _fixture(self, suite: Suite) -> str:
        if suite.fixture and suite.fixture not in self._fixtures:
            path = Path(self._scratch.name) / f"fixture-{len(self._fixtures)}.{self._dialect}"
            self._fixtures[suite.fixture] = make_fixture(suite.fixture, path, self._dialect)
        return self._fixtures.get(suite.fixture, "")


class Runner:
    """Runs the cases of a suite one at a time; databases are opened when they are first asked."""

    def __init__(self, bench: Bench, suite: Suite, open_luck: OpenLuck | None) -> None:
        self._bench = bench
        self._suite = suite
        self._open_luck = open_luck
        self._opened = ExitStack()
        self._desks: dict[str, tuple[Service, Desk]] = {}

    def run(self, case: Case) -> Outcome:
        """What comes of a case. Raises as `Bench.run`."""
        service, desk = self._desk(case.database or self._suite.database)
        dialect = service.engine.dialect
        wanted = run_golds(case, dialect, run_gold_on(service.engine))
        return run_case(case, dialect, wanted, desk.ask, desk.find_luck)

    def close(self) -> None:
        """Close the databases."""
        self._opened.close()

    def _desk(self, database: str) -> tuple[Service, Desk]:
        if database not in self._desks:
            of = self._suite.database
            cases = tuple(c for c in self._suite.cases if (c.database or of) == database)
            service = self._bench.open(self._suite, database)
            self._opened.callback(service.engine.close)
            opening = open_desk(service, replace(self._suite, cases=cases), None, self._open_luck)
            self._desks[database] = service, self._opened.enter_context(opening)
        return self._desks[database]
