#!/usr/bin/env python3
"""Check the models of this folder with spin: each must hold, and each of its bugs must be found.

A model's bugs are the names that it tests with #ifdef or #ifndef. A model without an ltl formula is checked for
assertions and dead ends only; one with a formula also for cycles that never fulfil it, under weak fairness.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DEPTH = "-m2000000"  # steps; reaching it is an error, not a pass


def run(args, folder):
    """The output of a command that must succeed."""
    done = subprocess.run(args, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(args)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def search(flags, arguments, folder):
    """One search by the verifier: the number of errors and of states; a search that gave up is an error."""
    run(["cc", "-O2", "-w", "-DVECTORSZ=2048", *flags, "-o", "pan", "pan.c"], folder)
    done = subprocess.run(["./pan", DEPTH, *arguments], cwd=folder, capture_output=True, text=True, timeout=600,
                          check=False)
    errors = re.search(r"errors: (\d+)", done.stdout)
    states = re.search(r"(\d+) states, stored", done.stdout)
    if errors is None or states is None or "max search depth too small" in done.stdout:
        sys.exit(f"the search did not finish:\n{done.stdout}{done.stderr}")
    return int(errors.group(1)), int(states.group(1))


def check(model, text, bug=None):
    """(errors, states) of the model, with one of its bugs if given: safety first, then its formula."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(model, folder)
        run(["spin", *([f"-D{bug}"] if bug else []), "-a", model.name], folder)
        errors, states = search(["-DSAFETY", "-DNOCLAIM"], [], folder)
        if errors == 0 and re.search(r"^ltl ", text, re.M):
            errors, more = search([], ["-a", "-f"], folder)
            states += more
        return errors, states


def main():
    if shutil.which("spin") is None:
        print("SKIP: spin is not installed")
        return 0
    failed = 0
    for model in sorted(HERE.glob("*.pml")):
        text = model.read_text(encoding="utf-8")
        bugs = sorted(set(re.findall(r"^#ifn?def ([A-Z_]+)$", text, re.M)))
        if len(bugs) < 2:
            sys.exit(f"{model.name}: a model that cannot fail says nothing: give it at least two bugs")
        for bug in bugs:
            if bug not in text.split("*/")[0]:
                sys.exit(f"{model.name}: the bug {bug} is not explained at its head")
        for bug in [None, *bugs]:
            errors, states = check(model, text, bug)
            good = (errors > 0) == (bug is not None)
            failed += not good
            said = "found" if errors else "holds"
            print(f"{model.stem:10} {bug or 'as designed':24} {said} {states:>8} states{'' if good else '  WRONG'}",
                  flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
