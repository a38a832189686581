"""`minsheng110 prompts`: the sounds that callers hear."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from hotline.settings import load


@click.group()
def command() -> None:
    """The prompts: build, list, measure."""


@command.command()
def build() -> None:
    """Make the sounds that are missing or whose text has changed."""
    from hotline.host import tools
    from ivr import prompts

    settings = load()
    try:
        espeak = tools.espeak(settings.cache_dir, click.echo)
        made = prompts.build(settings.prompt_sounds, settings.own_prompts, espeak, click.echo)
    except prompts.PromptError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made} made, {len(prompts.prompts())} in {settings.prompt_sounds}")


@command.command("list")
def list_() -> None:
    """Every prompt and what it says."""
    from ivr import prompts

    for prompt in prompts.prompts().values():
        click.echo(f"{prompt.name:20} {prompt.text or f'({prompt.silence} s of silence)'}")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def measure(as_json: bool) -> None:
    """Length, level and silence of every sound."""
    from ivr import prompts

    try:
        found = prompts.measure(load().prompt_sounds)
    except prompts.PromptError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({name: asdict(each) for name, each in found.items()}, indent=1))
        return
    click.echo(f"{'prompt':20} {'seconds':>7} {'level':>7} {'peak':>6} {'lead':>6} {'tail':>6}")
    for name, each in found.items():
        levels = f"{each.level:7.1f} {each.peak:6.1f}"
        click.echo(f"{name:20} {each.seconds:7.2f} {levels} {each.lead:6.3f} {each.tail:6.3f}")
