using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using Protocol = SecretsBroker.Engine.V1;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>What an engine is told, and when.</summary>
internal sealed class ExternalEngineTests : ExternalEngineFixture
{
    [Test]
    public async Task Engine_is_told_what_belongs_to_the_call_and_to_its_target_and_nothing_else()
    {
        var request = TestExternal.Request(
            input: new CredentialInput.External(new SortedDictionary<string, string> { ["format"] = "plain" }));
        using var credential = (FieldsCredential)await Engine.IssueAsync(request, Token);

        var told = Process.Issues.Single();
        Assert.That(told, Is.EqualTo(new Protocol.IssueRequest
        {
            LeaseId = request.LeaseId.Value,
            Target = new Protocol.Target
            {
                Name = "external-target",
                Settings = Struct.Parser.ParseJson("""{"folder":"/srv/notes","limits":{"size":3}}"""),
                Secrets = { ["admin"] = ByteString.CopyFromUtf8(TestExternal.AdminSecret) },
            },
            Workload = TestLeases.Workload.Value,
            TaskId = "t-1",
            Intent = new Intent { Action = "read", Resource = "invoices-api/invoices", Tool = "curl", Purpose = "monthly report" },
            Grant = "external-grant",
            GrantSettings = Struct.Parser.ParseJson("""{"notebooks":["minutes"]}"""),
            ExpireTime = request.ExpireTime.ToTimestamp(),
            Input = { ["format"] = "plain" },
        }));
        Assert.That(credential.Handle, Is.EqualTo("h-1"));
        Assert.That(credential.Fields.Keys, Is.EquivalentTo((string[])["username", "password"]));
    }

    [Test]
    public async Task Secret_of_the_engine_is_read_at_each_call()
    {
        await File.WriteAllTextAsync(SecretFile, "another");
        using var credential = await Engine.IssueAsync(TestExternal.Request(), Token);

        Assert.That(Process.Issues.Single().Target.Secrets["admin"].ToStringUtf8(), Is.EqualTo("another"));
        File.Delete(SecretFile);
        var failure = await FailureOfAsync();
        Assert.That(failure.Message, Does.StartWith("target external-target: its secret admin (file ").And.EndsWith("cannot be read"));
    }

    [Test]
    public async Task Engine_that_was_started_again_is_found_and_revokes_what_it_issued_before()
    {
        var request = TestExternal.Request();
        using var credential = (FieldsCredential)await Engine.IssueAsync(request, Token);
        await Process.StopAsync();
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(TestLeases.LeaseOf(request), Token));
        Assert.That(failure!.IsTransient, Is.True);
        Assert.That(Process.Accounts.Accepts(credential), Is.True);

        await Process.StartAgainAsync();

        await Engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
        Assert.That(Process.Accounts.Accepts(credential), Is.False);
        Assert.That((await Engine.VerifyAsync(TestLeases.LeaseOf(request), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Engine_that_renews_nothing_is_not_asked_to()
    {
        Process.Description.Renewable = false;
        var request = TestExternal.Request();
        using var credential = await Engine.IssueAsync(request, Token);

        Assert.That(await Engine.RenewAsync(TestLeases.LeaseOf(request), request.ExpireTime.AddMinutes(5), Token), Is.False);
        await Engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
    }
}
