using SecretsBroker.Catalog;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class AccountPasswordTests
{
    [Test]
    public void Two_that_are_refused_with_the_same_at_the_same_time_both_come_to_the_other()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "password");
        File.WriteAllText(file, "the old one");
        File.WriteAllText(file + AccountPassword.NextSuffix, "the next one");
        var password = new AccountPassword(new SecretReference { File = file }, "orders");
        var (one, other) = (password.TriesNext, password.TriesNext);
        Assert.That(password.Read(), Is.EqualTo("the old one"));

        password.TryOtherThan(one);
        password.TryOtherThan(other);

        Assert.That(password.Read(), Is.EqualTo("the next one"));
        password.TryOtherThan(password.TriesNext);
        Assert.That(password.Read(), Is.EqualTo("the old one"));
    }
}
