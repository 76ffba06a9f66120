using System.Text;
using Google.Protobuf;
using SecretsBroker.Api;
using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;
using SecretsBroker.Engines.External;
using SecretsBroker.Engines.Static;
using SecretsBroker.Engines.Vault;
using SecretsBroker.Sealing;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.Sealing;

/// <summary>What is sealed is the message that would have been sent.</summary>
internal sealed class SecretJsonTests
{
    private const string Awkward = "a \"quoted\" \\ text, ☃ and\nanother line";

    private static IEnumerable<Credential> Credentials =>
    [
        new DatabaseCredential
        {
            Host = "db", Port = 5432, Database = Awkward, Username = "sb_1", Password = Secret.FromText(Awkward), CertificateChain = "PEM\n",
        },
        new RedisCredential { Nodes = [("a", 1), ("b", 2)], Tls = true, Username = "u", Password = Secret.Random() },
        new RabbitMqCredential { Host = "h", Port = 1, Tls = true, VirtualHosts = ["/", Awkward], Username = "u", Password = Secret.Random() },
        new AwsCredential
        {
            AccessKeyId = "ASIA", SecretAccessKey = Secret.FromText(Awkward), SessionToken = Secret.FromText("t"),
            EndTime = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000), Region = "eu-central-1", RoleArn = "arn:aws:iam::123456789012:role/r",
        },
        new VaultCredential { Fields = new Dictionary<string, Secret> { ["username"] = Secret.FromText("u"), [Awkward] = Secret.FromText(Awkward) } },
        new CertificateCredential { CertificateChain = "c\n", CertificateAuthority = "a\n", SerialNumber = "00ff" },
        new SshCredential { Certificate = "ssh-ed25519-cert-v01@openssh.com AAAA", SerialNumber = ulong.MaxValue, Principals = ["deploy", "web"] },
        new StaticCredential { Name = "crm-login", Version = 3, Fields = new Dictionary<string, Secret> { ["a"] = Secret.FromText(Awkward), ["b"] = Secret.Random() } },
        new ExternalCredential
        {
            Fields = new Dictionary<string, Secret> { ["username"] = Secret.FromText("sb_1"), ["password"] = Secret.FromText(Awkward) },
        },
        new AccessTokenCredential { Token = Secret.FromText(new string('t', 5_000)), TokenType = "DPoP", Audience = "api" },
        new AccessTokenCredential
        {
            Token = Secret.Random(), TokenType = "Bearer", Audience = "api https://api.example", ExpireTime = new DateTimeOffset(2030, 1, 31, 12, 0, 0, 123, TimeSpan.FromHours(2)),
        },
    ];

    [TestCaseSource(nameof(Credentials))]
    public void Json_of_a_credential_is_that_of_its_message(Credential credential)
    {
        using var buffer = new WipedBuffer();

        SecretJson.Write(buffer, credential);

        var message = JsonParser.Default.Parse<Proto.Secret>(Encoding.UTF8.GetString(buffer.Written));
        Assert.That(message, Is.EqualTo(ResponseMapping.ToMessage(credential)));
    }

    [Test]
    public void Every_kind_of_credential_is_among_these()
    {
        var kinds = typeof(Credential).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Credential)) && !type.IsAbstract && type != typeof(SealedCredential));

        Assert.That(Credentials.Select(credential => credential.GetType()).Distinct(), Is.EquivalentTo(kinds));
    }

    [Test]
    public void Sealing_leaves_neither_the_secret_nor_its_json_in_memory()
    {
        var password = Secret.FromText(new string('p', 3_000));
        var credential = new DatabaseCredential { Host = "h", Port = 1, Database = "d", Username = "u", Password = password };
        var buffer = new WipedBuffer();
        SecretJson.Write(buffer, credential);
        var json = buffer.Written;

        buffer.Dispose();
        SealedCredential.Of(credential, RecipientKeyReader.TryRead(RecipientKeys.Good, out var _)!, "lease");

        Assert.That(json.IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
        Assert.That(password.Bytes.IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
    }
}
