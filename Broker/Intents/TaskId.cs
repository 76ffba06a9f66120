using SecretsBroker.Identity;

namespace SecretsBroker.Intents;

/// <summary>The id of a task, unique among the tasks of its owner: <c>[A-Za-z0-9._-]</c>, 1 to 64 characters.</summary>
internal readonly record struct TaskId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A task's full name. Two workloads may use the same <see cref="TaskId"/> without meeting.</summary>
internal readonly record struct TaskKey(WorkloadId Owner, TaskId Id);
