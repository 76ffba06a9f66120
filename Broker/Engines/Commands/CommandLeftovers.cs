using System.Collections.Concurrent;

namespace SecretsBroker.Engines.Commands;

/// <summary>
/// What is left of this process's commands, by what they were about: another one must not be run beside it. It goes with this process; what an earlier
/// one has left, or another broker's, nobody knows here.
/// </summary>
internal sealed class CommandLeftovers
{
    private readonly ConcurrentDictionary<(string Target, string Subject), IReadOnlyList<CommandLeftover>> _left = new();

    public void Add(string target, string subject, CommandLeftover leftover) =>
        _left.AddOrUpdate((target, subject), [leftover], (_, earlier) => [.. earlier.Where(one => one.IsThere), leftover]);

    public bool AreThere(string target, string subject)
    {
        if (!_left.TryGetValue((target, subject), out var left))
        {
            return false;
        }

        if (left.Any(one => one.IsThere))
        {
            return true;
        }

        // Their numbers may be others' one day.
        _left.TryRemove(new((target, subject), left));
        return false;
    }
}
