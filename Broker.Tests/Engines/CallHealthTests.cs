using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines;

internal sealed class CallHealthTests
{
    private readonly ManualTime _time = new();

    [Test]
    public void It_is_unknown_before_the_first_call_and_up_after_one_that_works()
    {
        var health = new CallHealth(_time);
        Assert.That(health.Current, Is.EqualTo(new CallHealth.State(HealthStatus.Unknown, null)));

        health.Succeeded();

        Assert.That(health.Current, Is.EqualTo(new CallHealth.State(HealthStatus.Up, _time.GetUtcNow())));
    }

    [Test]
    public void It_is_down_after_three_failures_in_a_row_since_the_third()
    {
        var health = new CallHealth(_time);
        health.Succeeded();
        health.Failed();
        health.Failed();
        health.Succeeded();
        health.Failed();
        health.Failed();
        Assert.That(health.IsDown, Is.False);
        _time.Advance(TimeSpan.FromSeconds(7));

        health.Failed();
        var since = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(7));
        health.Failed();

        Assert.That(health.Current, Is.EqualTo(new CallHealth.State(HealthStatus.Down, since)));
    }

    [Test]
    public void One_call_that_works_brings_it_back()
    {
        var health = new CallHealth(_time);
        for (var i = 0; i < 5; i++)
        {
            health.Failed();
        }

        health.Succeeded();

        Assert.That(health.IsDown, Is.False);
    }

    [Test]
    public void It_tells_for_how_long_it_has_been_back()
    {
        var health = new CallHealth(_time);
        health.Succeeded();
        Assert.That(health.SinceReturn, Is.Null, "it was never away");
        for (var i = 0; i < 3; i++)
        {
            health.Failed();
        }

        Assert.That(health.SinceReturn, Is.Null, "it is away");
        health.Succeeded();
        _time.Advance(TimeSpan.FromSeconds(7));
        health.Succeeded();

        Assert.That(health.SinceReturn, Is.EqualTo(TimeSpan.FromSeconds(7)));
    }

    [Test]
    public void A_rate_counts_what_happened_within_the_last_minute()
    {
        var rate = new CallRate(_time);
        rate.Add();
        _time.Advance(TimeSpan.FromSeconds(30));
        rate.Add();
        rate.Add();
        Assert.That(rate.LastMinute, Is.EqualTo(3));

        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.That(rate.LastMinute, Is.EqualTo(2));
        rate.Add();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.That(rate.LastMinute, Is.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(rate.LastMinute, Is.Zero);
    }
}
