"""Checks `deploy/helm/open311` by Helm's own linter, and what it makes by the schemas of Kubernetes; `make chart`."""

import sys
from pathlib import Path

import kubernetes_validate
import yaml
from helm_python import chart

CHART = "deploy/helm/open311"
KUBERNETES = "1.31"


def main() -> int:
    """Print what is wrong; the exit code."""
    wrong = [
        f"{line['path']}: {line['error']}" for line in chart.lint(CHART)["messages"] if line["severity"] > 1
    ]
    made = 0
    for values in ({}, {"catalogue": Path("categories.yaml").read_text()}):
        for name, text in chart.Chart.load(CHART).render(values=values).items():
            for thing in filter(None, yaml.safe_load_all(text)):
                made += 1
                try:
                    kubernetes_validate.validate(thing, KUBERNETES, strict=True)
                except kubernetes_validate.ValidationError as reason:
                    wrong.append(f"{name}, {thing['kind']}: {reason.message}")
    for line in wrong:
        print(f"open311: {line}")
    print(f"open311: {made} objects by the schemas of Kubernetes {KUBERNETES}, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
