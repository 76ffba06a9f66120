using SecretsBroker.Behaviour;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Behaviour;

internal sealed class SignalBufferTests
{
    private static readonly WorkloadId Agent = Named(0);

    private readonly SignalBuffer _buffer = new();

    [Test]
    public void What_happened_is_taken_once()
    {
        var buffer = new SignalBuffer();
        buffer.Add(Agent, Signal.Denied, "orders/invoices");
        buffer.Add(Agent, Signal.Denied, "orders/invoices");
        buffer.Add(Agent, Signal.Issued, "orders/customers");
        buffer.Add(Agent, Signal.Asked, "orders/refunds");
        buffer.Add(Agent, Signal.Violated);
        buffer.Add(Agent, Signal.Failed);

        var peeked = buffer.Peek(Agent)!;
        var taken = buffer.Take().Single();

        Assert.That((taken.Issues, taken.Denials, taken.Violations, taken.Failures), Is.EqualTo((1, 2, 1, 1)));
        Assert.That(taken.Resources, Has.Count.EqualTo(3).And.EquivalentTo(peeked.Resources));
        Assert.That(taken.Resources, Has.None.Contains("orders"), "what a caller wrote goes no further");
        Assert.That(buffer.Take(), Is.Empty);
        Assert.That(buffer.Peek(Agent), Is.Null);
    }

    [Test]
    public void Flood_of_names_fills_no_memory()
    {
        var buffer = new SignalBuffer();
        for (var i = 0; i < 100_000; i++)
        {
            buffer.Add(Agent, Signal.Denied, $"guess/{i}");
        }

        for (var i = 0; i < 20_000; i++)
        {
            buffer.Add(Named(i), Signal.Issued, "a");
        }

        var taken = buffer.Take();

        Assert.That(taken, Has.Count.EqualTo(10_000));
        var flooder = taken.Single(delta => delta.Workload == Agent);
        Assert.That((flooder.Denials, flooder.Resources.Count), Is.EqualTo((100_000, ISignalStore.MaxResources)));
    }

    [Test]
    public void Nothing_is_lost_between_those_who_count_and_the_one_who_takes()
    {
        var total = 0;
        var counting = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                _buffer.Add(Agent, Signal.Denied, "a");
            }
        })));
        while (!counting.IsCompleted)
        {
            total += _buffer.Take().Sum(delta => delta.Denials);
        }

        Assert.That(total + _buffer.Take().Sum(delta => delta.Denials), Is.EqualTo(20_000));
    }

    private static WorkloadId Named(int number) => new($"spiffe://example.org/agent/{number}");
}
