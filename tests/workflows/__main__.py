"""usage: python tests/workflows [TEST …]

Runs the scenarios side by side, all of them or those that are named as unittest names them.
"""

import concurrent.futures
import os
import pathlib
import sys
import time
import unittest

import act


def each(tests):
    for test in tests:
        yield from each(test) if isinstance(test, unittest.TestSuite) else [test]


def run(test):
    result = unittest.TestResult()
    test.run(result)
    return result


def main(names):
    loader = unittest.defaultTestLoader
    here = str(pathlib.Path(__file__).parent)
    tests = list(each(loader.loadTestsFromNames(names) if names else loader.discover(here)))
    # Once, before there are several.
    act.installed()
    start = time.monotonic()
    # The one that waits most comes first.
    tests.sort(key=lambda test: not getattr(test, "first", False))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
        results = list(pool.map(run, tests))
    failed = 0
    for test, result in zip(tests, results, strict=True):
        wrong = result.failures + result.errors
        failed += bool(wrong)
        for where, why in wrong:
            print(f"{'=' * 70}\n{where}\n{why}")
    print(f"Ran {len(tests)} tests in {time.monotonic() - start:.1f}s\n\n{len(tests) - failed} passed, {failed} failed")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
