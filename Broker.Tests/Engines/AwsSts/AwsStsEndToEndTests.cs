using SecretsBroker.Client;
using SecretsBroker.V1;
using Credential = SecretsBroker.Engines.AwsSts.AwsCredential;
using Secret = SecretsBroker.Engines.Secret;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>From an agent's client library to the server, and back.</summary>
internal sealed class AwsStsEndToEndTests
{
    [Test]
    public async Task Agent_reads_objects_with_its_session_until_its_task_is_done()
    {
        await using var aws = await TestAws.StartAsync();
        await using var broker = await TestBroker.StartAsync(options => options.Catalog = $$$"""
            targets:
              - name: invoices-reader
                engine: aws-sts
                timeout: 1m
                settings:
                  region: {{{AwsServer.Region}}}
                  role_arn: {{{AwsServer.RoleArn}}}
                  access_key_id: {{{AwsServer.KeyId}}}
                  secret_access_key: { file: "{{{aws.KeyFile}}}" }
                  early_revocation: deny
                  sts_endpoint: "{{{aws.Server.Url}}}"
                  iam_endpoint: "{{{aws.Server.Url}}}"
            grants:
              - name: read-invoices
                action: read
                resource: invoices/2026
                target: invoices-reader
                default_ttl: 10m
                max_ttl: 30m
                settings:
                  statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::{{resource}}/*"] }]
            """);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices");

        var lease = await task.AcquireAsync("read", "invoices/2026", new LeaseOptions { Credential = CredentialRequests.AwsSts() });

        var session = lease.Secret.AwsSts;
        using var credential = new Credential
        {
            AccessKeyId = session.AccessKeyId,
            SecretAccessKey = Secret.FromText(session.SecretAccessKey),
            SessionToken = Secret.FromText(session.SessionToken),
            EndTime = session.ExpireTime.ToDateTimeOffset(),
            Region = session.Region,
            RoleArn = session.RoleArn,
        };
        Assert.That(aws.Allows(credential), Is.True);

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(aws.Allows(credential), Is.False);
        Assert.That(await File.ReadAllTextAsync(broker.AuditFile), Does.Not.Contain(session.SecretAccessKey).And.Not.Contain(session.SessionToken));
    }
}
