using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Leases;

/// <summary>Kept secrets.</summary>
internal abstract partial class LeaseStoreContract
{
    private IStaticSecretStore Secrets => (IStaticSecretStore)Store;

    [Test]
    public async Task Secret_is_kept_as_it_was_written_last()
    {
        Assert.That(await Secrets.FindSecretAsync("crm", "login", None), Is.Null);
        Assert.That(await Secrets.ListSecretsAsync("crm", None), Is.Empty);
        var first = new StoredSecret("login", "r1", """{"a": "ü ' \" \\"}""");
        var second = new StoredSecret("login", "r2", "");

        Assert.That(await Secrets.ReplaceSecretAsync("crm", first, expected: null, None), Is.True);
        Assert.That(await Secrets.FindSecretAsync("crm", "login", None), Is.EqualTo(first));
        Assert.That(await Secrets.ReplaceSecretAsync("crm", second, "r1", None), Is.True);

        Assert.That(await Secrets.FindSecretAsync("crm", "login", None), Is.EqualTo(second));
    }

    [Test]
    public async Task Secrets_of_a_target_are_its_own()
    {
        var (one, two, others) = (new StoredSecret("one", "r1", "1"), new StoredSecret("two", "r2", "2"), new StoredSecret("one", "r3", "3"));
        await Secrets.ReplaceSecretAsync("crm", one, expected: null, None);
        await Secrets.ReplaceSecretAsync("crm", two, expected: null, None);
        await Secrets.ReplaceSecretAsync("erp", others, expected: null, None);

        Assert.That(await Secrets.ListSecretsAsync("crm", None), Is.EquivalentTo(new[] { one, two }));
        Assert.That(await Secrets.ListSecretsAsync("erp", None), Is.EqualTo(new[] { others }));
    }

    [Test]
    public async Task Secret_that_somebody_else_has_written_is_left_as_it_is()
    {
        var present = new StoredSecret("login", "r1", "1");
        await Secrets.ReplaceSecretAsync("crm", present, expected: null, None);

        Assert.That(await Secrets.ReplaceSecretAsync("crm", new StoredSecret("login", "r2", "2"), expected: null, None), Is.False);
        Assert.That(await Secrets.ReplaceSecretAsync("crm", new StoredSecret("login", "r2", "2"), "r0", None), Is.False);
        Assert.That(await Secrets.ReplaceSecretAsync("crm", new StoredSecret("other", "r2", "2"), "r0", None), Is.False);

        Assert.That(await Secrets.ListSecretsAsync("crm", None), Is.EqualTo(new[] { present }));
    }

    [Test]
    public async Task Write_that_is_repeated_says_what_it_said_before()
    {
        await Secrets.ReplaceSecretAsync("crm", new StoredSecret("login", "r1", "1"), expected: null, None);
        var next = new StoredSecret("login", "r2", "2");

        Assert.That(await Secrets.ReplaceSecretAsync("crm", next, "r1", None), Is.True);
        Assert.That(await Secrets.ReplaceSecretAsync("crm", next, "r1", None), Is.True);

        Assert.That(await Secrets.FindSecretAsync("crm", "login", None), Is.EqualTo(next));
    }

    [Test]
    public async Task Of_many_that_write_at_once_one_does()
    {
        var written = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            i => Secrets.ReplaceSecretAsync("crm", new StoredSecret("login", $"r{i}", $"{i}"), expected: null, None).AsTask()));

        Assert.That(written.Count(one => one), Is.EqualTo(1));
        Assert.That((await Secrets.FindSecretAsync("crm", "login", None))!.Revision, Is.EqualTo($"r{Array.IndexOf(written, value: true)}"));
    }
}
