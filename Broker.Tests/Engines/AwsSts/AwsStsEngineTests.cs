using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>What a session may do, how long, and how it ends.</summary>
internal sealed class AwsStsEngineTests() : AwsFixture("none")
{
    [Test]
    public async Task Session_may_do_what_the_grant_names_and_nothing_else()
    {
        using var credential = await Engine.IssueAsync(Aws.Request(), Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Aws.Allows(credential), Is.True);
            Assert.That(Aws.Allows(credential, action: "s3:PutObject"), Is.False);
            Assert.That(Aws.Allows(credential, resource: "arn:aws:s3:::salaries/2026/1.pdf"), Is.False);
        }
    }

    [Test]
    public async Task Request_names_the_lease_and_asks_for_no_more_than_it_needs()
    {
        var request = Aws.Request(timeToLive: TimeSpan.FromMinutes(5));
        using var credential = (AwsCredential)await Engine.IssueAsync(request, Token);

        var sent = Aws.Server.Requests.Single();
        var end = DateTimeOffset.FromUnixTimeSeconds(request.ExpireTime.ToUnixTimeSeconds());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sent["RoleArn"], Is.EqualTo(AwsServer.RoleArn));
            Assert.That(sent["RoleSessionName"], Is.EqualTo($"sb_{request.LeaseId.Value}"));
            Assert.That(sent["SourceIdentity"], Is.EqualTo($"sb_{request.LeaseId.Value}"));
            Assert.That(sent["DurationSeconds"], Is.EqualTo("900"), "the shortest session that AWS gives");
            Assert.That(sent["Policy"], Is.EqualTo(
                """
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::invoices/2026/*"],"Condition":{"DateLessThan":{"aws:CurrentTime":"END"}}}]}
                """.Replace("END", $"{end.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}")));
            Assert.That(credential.EndTime, Is.EqualTo(end));
            Assert.That((credential.Region, credential.RoleArn), Is.EqualTo((AwsServer.Region, AwsServer.RoleArn)));
        }
    }

    [Test]
    public async Task Session_ends_with_the_lease_although_AWS_keeps_it_longer()
    {
        using var credential = await Engine.IssueAsync(Aws.Request(timeToLive: TimeSpan.FromMinutes(5)), Token);

        Time.Advance(TimeSpan.FromSeconds(295));
        Assert.That(Aws.Allows(credential), Is.True);
        Time.Advance(TimeSpan.FromSeconds(5));

        Assert.That(Aws.Allows(credential), Is.False);
    }

    [Test]
    public async Task Longer_lease_gets_a_longer_session()
    {
        var request = Aws.Request(timeToLive: TimeSpan.FromHours(1));
        using var credential = await Engine.IssueAsync(request, Token);

        Assert.That(Aws.Server.Requests.Single()["DurationSeconds"], Is.EqualTo("3600"));
    }

    [Test]
    public async Task Grants_own_names_stand_for_placeholders_and_never_the_callers()
    {
        var request = Aws.Request(TestAws.Grant("arn:aws:s3:::{{resource}}/*"));
        using var credential = await Engine.IssueAsync(
            request with { Intent = request.Intent with { Resource = "*", Action = "${aws:username}" } }, Token);

        using var policy = JsonDocument.Parse(Aws.Server.Requests.Single()["Policy"]);
        Assert.That(
            policy.RootElement.GetProperty("Statement")[0].GetProperty("Resource")[0].GetString(), Is.EqualTo("arn:aws:s3:::invoices-api/invoices/*"));
    }

    [TestCase("*")]
    [TestCase("invoices/${aws:username}")]
    [TestCase("invoices?")]
    [TestCase("\",\"*")]
    public void Name_that_means_something_to_IAM_does_not_stand_for_a_placeholder(string resource)
    {
        var faults = new CatalogFaults();

        new AwsStsEngineType(Time).ValidateGrant(TestAws.Grant("arn:aws:s3:::{{resource}}") with { Resource = resource }, Aws.Target(), faults);

        Assert.That(faults.All.Select(fault => fault.Path), Is.EqualTo((string[])["grants/aws-sts-grant/settings/statements/0/resources/0"]));
    }

    [Test]
    public void Lease_longer_than_any_session_is_refused_by_the_catalogue()
    {
        var faults = new CatalogFaults();

        new AwsStsEngineType(Time).ValidateGrant(TestAws.Grant() with { MaxTimeToLive = TimeSpan.FromHours(13) }, Aws.Target(), faults);

        Assert.That(faults.All.Select(fault => fault.Path), Is.EqualTo((string[])["grants/aws-sts-grant/max_ttl"]));
    }

    [Test]
    public async Task Without_a_denial_it_is_said_that_a_session_only_ends_by_time()
    {
        var request = Aws.Request(timeToLive: TimeSpan.FromMinutes(5));
        using var credential = (AwsCredential)await Engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential);
        Assert.That(Engine.Revocability, Is.EqualTo(Revocability.ExpireOnly));

        await Engine.RevokeAsync(lease, Token);

        Assert.That(Aws.Allows(credential), Is.True, "which is what the engine's revocability says");
        Assert.That(
            (await Engine.VerifyAsync(lease, Token)).Evidence,
            Is.EqualTo($"expire-only: session sb_{lease.Id.Value} is good until its policy ends at {credential.EndTime:O}"));
        Time.Advance(TimeSpan.FromMinutes(11));
        Assert.That(
            (await Engine.VerifyAsync(lease, Token)).Evidence,
            Is.EqualTo($"session sb_{lease.Id.Value}: its policy has allowed nothing since {credential.EndTime:O}"));
    }

    [Test]
    public async Task Wrong_clock_is_corrected_by_what_AWS_says()
    {
        Aws.Server.ClockSkew = TimeSpan.FromHours(1);

        using var credential = await Engine.IssueAsync(Aws.Request(), Token);

        Assert.That(Aws.Allows(credential), Is.True);
    }

    [Test]
    public async Task Session_is_not_renewed()
    {
        var request = Aws.Request();
        using var credential = await Engine.IssueAsync(request, Token);

        Assert.That(await Engine.RenewAsync(TestAws.LeaseOf(request, credential), request.ExpireTime.AddMinutes(1), Token), Is.False);
    }
}
