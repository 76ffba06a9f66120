using SecretsBroker.Engines.OAuth;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.OAuth;

internal sealed class TokenMemoryTests
{
    private readonly ManualTime _time = new();
    private TokenMemory _memory = null!;

    [SetUp]
    public void Make() => _memory = new TokenMemory(TimeSpan.FromHours(24), _time);

    [Test]
    public void Token_is_forgotten_with_its_proof_and_the_proof_is_kept_for_a_while()
    {
        var lease = LeaseId.New(0);
        Give(lease);

        _memory.Proven(lease, "not active");

        Assert.That(_memory.Of(lease).Tokens, Is.Empty);
        Assert.That(_memory.ProofOf(lease), Is.EqualTo("not active"));
        _time.Advance(TimeSpan.FromMinutes(11));
        Give(LeaseId.New(0));
        Assert.That(_memory.ProofOf(lease), Is.Null);
        Assert.That(_memory.Count, Is.EqualTo(1));
    }

    [Test]
    public void Lease_of_which_an_answer_is_awaited_is_not_proven_over()
    {
        var lease = LeaseId.New(0);
        Give(lease);
        _memory.Asked(lease);

        _memory.Proven(lease, "not active");

        Assert.That(_memory.ProofOf(lease), Is.Null);
        Assert.That(_memory.Of(lease).Tokens, Has.Count.EqualTo(1));
    }

    [Test]
    public void Token_that_comes_after_the_proof_undoes_it()
    {
        var lease = LeaseId.New(0);
        Give(lease);
        _memory.Proven(lease, "not active");

        Give(lease);

        Assert.That(_memory.ProofOf(lease), Is.Null);
        Assert.That(_memory.Of(lease).Tokens, Has.Count.EqualTo(1));
    }

    [Test]
    public void Of_too_many_leases_the_oldest_is_forgotten_and_nothing_of_it_is_known()
    {
        var oldest = LeaseId.New(0);
        _memory.Asked(oldest);
        for (var i = 0; i < TokenMemory.MaxLeases; i++)
        {
            Give(LeaseId.New(0));
        }

        Assert.That(_memory.Count, Is.EqualTo(TokenMemory.MaxLeases));
        Assert.That(_memory.Of(oldest), Is.EqualTo((Array.Empty<TokenHandle>(), false)));
        _memory.Given(oldest, Token());
        Assert.That(_memory.Of(oldest).Tokens, Has.Count.EqualTo(1));
        Assert.That(_memory.Of(oldest).AreAll, Is.False, "what was before is not known");
    }

    private void Give(LeaseId lease)
    {
        _memory.Asked(lease);
        _memory.Given(lease, Token());
    }

    private TokenHandle Token() => new(_time.GetUtcNow().AddMinutes(5), "sealed");
}
