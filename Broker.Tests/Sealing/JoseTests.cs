using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using SecretsBroker.Client;
using SecretsBroker.Tests.Node;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Sealing;

/// <summary>Held against the npm package <c>jose</c>.</summary>
internal sealed class JoseTests
{
    [Test]
    public async Task Agent_with_another_library_opens_what_the_broker_sealed()
    {
        NodePackages.FolderOrIgnore();
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.ConnectRaw();
        using var keys = JsonDocument.Parse(await NodePackages.RunAsync("jose.mjs", ["generate"]));

        var issued = await raw.Leases.IssueLeaseAsync(
            new IssueLeaseRequest
            {
                NewTask = new NewTask(),
                Intent = new Intent { Action = "read", Resource = "memory/notes", Purpose = "read notes" },
                RecipientKey = keys.RootElement.GetProperty("publicKey").GetRawText(),
            },
            raw.Options());
        using var opened = JsonDocument.Parse(await NodePackages.RunAsync(
            "jose.mjs",
            ["open"],
            $$"""{"privateKey":{{keys.RootElement.GetProperty("privateKey")}},"message":"{{issued.Secret.Sealed}}"}"""));

        var header = opened.RootElement.GetProperty("header");
        var secret = opened.RootElement.GetProperty("secret").GetProperty("postgres");
        Assert.Multiple(() =>
        {
            Assert.That(secret.GetProperty("username").GetString(), Is.EqualTo(issued.Lease.LeaseId));
            Assert.That(secret.GetProperty("password").GetString(), Has.Length.EqualTo(43));
            Assert.That(header.GetProperty("kid").GetString(), Is.EqualTo("agent-1"));
            Assert.That(header.GetProperty("typ").GetString(), Is.EqualTo("secretsbroker-secret+jwe"));
            Assert.That(header.GetProperty("cty").GetString(), Is.EqualTo("json"));
            Assert.That(
                Encoding.UTF8.GetString(Base64Url.DecodeFromChars(header.GetProperty("apv").GetString())), Is.EqualTo(issued.Lease.LeaseId));
            Assert.That(issued.Lease.SealedFor, Is.EqualTo(keys.RootElement.GetProperty("thumbprint").GetString()));
        });
    }

    [Test]
    public async Task Client_library_opens_what_another_library_sealed()
    {
        NodePackages.FolderOrIgnore();
        using var seal = new RecipientSeal();
        using var answer = JsonDocument.Parse(await NodePackages.RunAsync(
            "jose.mjs",
            ["seal"],
            $$"""
            {
              "publicKey": {{seal.PublicKey}}, "lease": "the-lease",
              "secret": { "redis": { "username": "u", "password": "p ☃" } }
            }
            """));

        var secret = seal.Open(new Secret { Sealed = answer.RootElement.GetProperty("message").GetString() }, "the-lease");

        Assert.That((secret.Redis.Username, secret.Redis.Password), Is.EqualTo(("u", "p ☃")));
    }
}
