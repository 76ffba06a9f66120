using System.CommandLine;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Kill;

/// <summary>What is to be killed: exactly one of these.</summary>
internal sealed class SelectorOptions
{
    private readonly Option<string?> _workload = new("--workload") { Description = "A workload: all its tasks.", HelpName = "SPIFFE-ID" };

    private readonly Option<string[]> _task = new("--task")
    {
        Description = "One task of a workload: the workload's SPIFFE ID, then the task's id.",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
        HelpName = "SPIFFE-ID TASK",
    };

    private readonly Option<string?> _initiator = new("--initiator")
    {
        Description = "The tasks done for a person or system, as they state it.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _grant = new("--grant") { Description = "A grant of the catalogue.", HelpName = "NAME" };

    private readonly Option<string?> _engine = new("--engine") { Description = "A type of engine, such as postgres.", HelpName = "TYPE" };

    private readonly Option<string?> _target = new("--target") { Description = "A target of the catalogue.", HelpName = "NAME" };

    private readonly Option<string?> _resource = new("--resource")
    {
        Description = "A resource and all beneath it: 'orders' covers orders/invoices.",
        HelpName = "PATH",
    };

    private readonly Option<bool> _all = new("--all") { Description = "Everything." };

    public void AddTo(Command command)
    {
        Option[] options = [_workload, _task, _initiator, _grant, _engine, _target, _resource, _all];
        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>Null when not exactly one of them was given.</summary>
    public KillSelector? Read(ParseResult parsed)
    {
        var given = Given(parsed).ToList();
        return given.Count == 1 ? given[0] : null;
    }

    private IEnumerable<KillSelector> Given(ParseResult parsed)
    {
        if (parsed.GetValue(_workload) is { } workload)
        {
            yield return new KillSelector { Workload = workload };
        }

        if (parsed.GetValue(_task) is [var owner, var task])
        {
            yield return new KillSelector { Task = new TaskSelector { Owner = owner, TaskId = task } };
        }

        if (parsed.GetValue(_initiator) is { } initiator)
        {
            yield return new KillSelector { Initiator = initiator };
        }

        if (parsed.GetValue(_grant) is { } grant)
        {
            yield return new KillSelector { Grant = grant };
        }

        if (parsed.GetValue(_engine) is { } engine)
        {
            yield return new KillSelector { Engine = engine };
        }

        if (parsed.GetValue(_target) is { } target)
        {
            yield return new KillSelector { Target = target };
        }

        if (parsed.GetValue(_resource) is { } resource)
        {
            yield return new KillSelector { Resource = resource };
        }

        if (parsed.GetValue(_all))
        {
            yield return new KillSelector { All = true };
        }
    }
}
