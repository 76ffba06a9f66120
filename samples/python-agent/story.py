"""What the agent tells, and how a step fails."""


class StepFailed(Exception):
    """A step did not behave as told."""


def tell(text):
    print(f"- {text}", flush=True)


def expect(holds, otherwise):
    if not holds:
        raise StepFailed(otherwise)
