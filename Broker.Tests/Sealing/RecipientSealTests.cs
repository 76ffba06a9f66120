using System.Buffers.Text;
using System.Text;
using SecretsBroker.Client;
using SecretsBroker.Engines;
using SecretsBroker.Sealing;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.Sealing;

/// <summary>The client takes what was sealed for its key and its lease, and nothing else.</summary>
internal sealed class RecipientSealTests
{
    private const string Lease = "the-lease";

    [Test]
    public void What_was_sealed_for_the_key_is_opened()
    {
        using var seal = new RecipientSeal();

        Assert.That(seal.Open(SealedFor(seal), Lease).Postgres.Password, Is.EqualTo("open sesame"));
    }

    [Test]
    public void What_a_newer_broker_says_besides_is_passed_over()
    {
        using var seal = new RecipientSeal();
        var key = RecipientKeyReader.TryRead(seal.PublicKey, out var _)!;
        var jwe = Jwe.Encrypt(key, Lease, SealedCredential.Type, """{"postgres":{"password":"open sesame","pool":"a"},"hint":"new"}"""u8);

        Assert.That(seal.Open(new Proto.Secret { Sealed = jwe }, Lease).Postgres.Password, Is.EqualTo("open sesame"));
    }

    [Test]
    public void Two_messages_of_one_secret_have_nothing_in_common_but_the_form()
    {
        using var seal = new RecipientSeal();

        var (first, second) = (SealedFor(seal).Sealed.Split('.'), SealedFor(seal).Sealed.Split('.'));

        Assert.That(first.Zip(second).Count(pair => pair.First == pair.Second), Is.EqualTo(1), "only the part that is empty");
    }

    private static IEnumerable<TestCaseData> Damages()
    {
        yield return Damaged("nothing", _ => "");
        yield return Damaged("no JWE", _ => "a.b.c");
        yield return Damaged("an encrypted key", jwe => jwe.Replace("..", ".AAAA.", StringComparison.Ordinal));
        yield return Damaged("another algorithm", jwe => WithHeader(jwe, "\"ECDH-ES\"", "\"dir\""));
        yield return Damaged("another encryption", jwe => WithHeader(jwe, "A256GCM", "A128GCM"));
        yield return Damaged("compression", jwe => WithHeader(jwe, "\"enc\"", "\"zip\":\"DEF\",\"enc\""));
        yield return Damaged("a demand", jwe => WithHeader(jwe, "\"enc\"", "\"crit\":[\"exp\"],\"exp\":1,\"enc\""));
        yield return Damaged("a producer", jwe => WithHeader(jwe, "\"enc\"", "\"apu\":\"AAAA\",\"enc\""));
        yield return Damaged("a changed type", jwe => WithHeader(jwe, "secretsbroker-secret", "secretsbroker-segret"));
        yield return Damaged("another curve", jwe => WithHeader(jwe, "P-256", "P-384"));
        yield return Damaged("no ephemeral key", jwe => WithHeader(jwe, "epk", "epq"));
        yield return Damaged("a point beside the curve", jwe => WithHeader(jwe, "\"y\":\"", "\"y\":\"AAAA"));
        foreach (var part in (int[])[2, 3, 4])
        {
            yield return Damaged($"a changed part {part}", jwe => WithPart(jwe, part, text => (text[0] == 'A' ? 'B' : 'A') + text[1..]));
            yield return Damaged($"a shorter part {part}", jwe => WithPart(jwe, part, text => text[..^4]));
            yield return Damaged($"no part {part}", jwe => WithPart(jwe, part, _ => ""));
        }
    }

    [TestCaseSource(nameof(Damages))]
    public void What_was_changed_on_the_way_is_not_opened(Func<string, string> damage)
    {
        using var seal = new RecipientSeal();

        var failure = Assert.Throws<SecretsBrokerException>(
            () => seal.Open(new Proto.Secret { Sealed = damage(SealedFor(seal).Sealed) }, Lease));

        Assert.That(failure!.Reason, Is.EqualTo("NOT_SEALED"));
    }

    [Test]
    public void Secret_of_another_lease_and_one_for_another_key_are_not_opened()
    {
        using var seal = new RecipientSeal();
        using var other = new RecipientSeal();

        Assert.Throws<SecretsBrokerException>(() => seal.Open(SealedFor(seal), "another-lease"));
        Assert.Throws<SecretsBrokerException>(() => other.Open(SealedFor(seal), Lease));
    }

    [Test]
    public void Secret_that_comes_open_although_it_was_to_be_sealed_is_not_taken()
    {
        using var seal = new RecipientSeal();
        var open = new Proto.Secret { Postgres = new Proto.PostgresCredential { Password = "seen by all" } };

        Assert.Throws<SecretsBrokerException>(() => seal.Open(open, Lease));
    }

    private static Proto.Secret SealedFor(RecipientSeal seal)
    {
        var credential = new DatabaseCredential { Host = "h", Port = 1, Database = "d", Username = "u", Password = Secret.FromText("open sesame") };
        var key = RecipientKeyReader.TryRead(seal.PublicKey, out var _)!;
        return new Proto.Secret { Sealed = SealedCredential.Of(credential, key, Lease).Message };
    }

    private static string WithHeader(string jwe, string word, string other) => WithPart(jwe, 0, header =>
    {
        var json = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(header));
        Assert.That(json, Does.Contain(word), "nothing was changed");
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.Replace(word, other, StringComparison.Ordinal)));
    });

    private static string WithPart(string jwe, int part, Func<string, string> change)
    {
        var parts = jwe.Split('.');
        parts[part] = change(parts[part]);
        return string.Join('.', parts);
    }

    private static TestCaseData Damaged(string name, Func<string, string> damage) => new TestCaseData(damage).SetArgDisplayNames(name);
}
