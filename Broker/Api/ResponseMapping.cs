using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Intents;
using SecretsBroker.Sealing;
using SecretsBroker.V1;
using Lease = SecretsBroker.Leases.Lease;

namespace SecretsBroker.Api;

/// <summary>From the domain to messages. Enum numbers are equal on both sides; a test holds them together.</summary>
internal static class ResponseMapping
{
    public static V1.Task ToMessage(AgentTask task)
    {
        var message = new V1.Task
        {
            TaskId = task.Key.Id.Value,
            Owner = task.Key.Owner.Value,
            Purpose = task.Purpose,
            Initiator = task.Initiator,
            CreateTime = task.CreateTime.ToTimestamp(),
            ExpireTime = task.ExpireTime.ToTimestamp(),
            Outcome = task.Outcome is { } outcome ? (V1.TaskOutcome)outcome : V1.TaskOutcome.Unspecified,
            EndTime = task.EndTime?.ToTimestamp(),
            DelegationId = task.Delegation?.Value ?? "",
            Scope = task.Scope is { } scope ? DelegationMapping.ToMessage(scope) : null,
        };
        if (task.VerifiedInitiator is { } initiator)
        {
            message.VerifiedInitiator = ToMessage(initiator);
        }

        foreach (var (key, value) in task.Labels)
        {
            message.Labels.Add(key, value);
        }

        return message;
    }

    public static V1.VerifiedInitiator ToMessage(Identity.VerifiedInitiator initiator)
    {
        var message = new V1.VerifiedInitiator { Issuer = initiator.Issuer, Subject = initiator.Subject, Name = initiator.Name };
        message.Groups.Add(initiator.Groups);
        return message;
    }

    public static V1.Lease ToMessage(Lease lease) => new()
    {
        LeaseId = lease.Id.Value,
        TaskId = lease.Task.Id.Value,
        Owner = lease.Owner.Value,
        Intent = new V1.Intent
        {
            Action = lease.Action,
            Resource = lease.Resource,
            Tool = lease.Tool,
            Purpose = lease.Purpose,
            TimeToLive = (lease.ExpireTime - lease.CreateTime).ToDuration(),
        },
        Grant = lease.Grant,
        State = (V1.LeaseState)lease.State,
        CreateTime = lease.CreateTime.ToTimestamp(),
        ExpireTime = lease.ExpireTime.ToTimestamp(),
        MaxExpireTime = lease.MaxExpireTime.ToTimestamp(),
        EndCause = (V1.EndCause)lease.Cause,
        EndTime = lease.EndTime?.ToTimestamp(),
        GoneTime = lease.GoneTime?.ToTimestamp(),
        DecisionId = lease.DecisionId,
        DelegationId = lease.Delegation?.Id.Value ?? "",
        SealedFor = lease.SealedFor,
    };

    public static V1.Decision ToMessage(Policy.Decision decision)
    {
        var message = new V1.Decision
        {
            DecisionId = decision.Id,
            Allowed = decision.Answer.Allowed,
            Reason = decision.Answer.Reason,
            PolicyHash = decision.Answer.PolicyHash,
            Obligations = ToMessage(decision.Answer.Obligations),
        };
        message.Policies.Add(decision.Answer.Policies);
        message.Advice.Add(decision.Answer.Obligations.Advice);
        return message;
    }

    private static V1.Obligations ToMessage(Policy.Obligations obligations)
    {
        var message = new V1.Obligations
        {
            MaxTimeToLive = obligations.MaxTimeToLive?.ToDuration(),
            SealedDelivery = obligations.Sealed,
        };
        message.ApprovalGroups.Add(obligations.Approvals);
        return message;
    }

    public static LeaseEnd ToLeaseEnd(Lease lease, TargetEngines engines) => new()
    {
        LeaseId = lease.Id.Value,
        Status = lease.GoneTime is null ? LeaseEndStatus.InProgress : LeaseEndStatus.Gone,
        Cause = (V1.EndCause)lease.Cause,
        GoneTime = lease.GoneTime?.ToTimestamp(),
        Revocability = engines.Find(lease.Target) is { } engine ? (V1.Revocability)engine.Revocability : V1.Revocability.Unspecified,
    };

    public static V1.Secret ToMessage(Credential credential) => credential switch
    {
        DatabaseCredential database => new V1.Secret
        {
            Postgres = new PostgresCredential
            {
                Host = database.Host,
                Port = database.Port,
                Database = database.Database,
                Username = database.Username,
                Password = database.Password.Reveal(),
                CertificateChain = database.CertificateChain,
            },
        },
        Engines.CertificateCredential certificate => new V1.Secret
        {
            Certificate = new V1.CertificateCredential
            {
                CertificateChain = certificate.CertificateChain,
                CertificateAuthority = certificate.CertificateAuthority,
                SerialNumber = certificate.SerialNumber,
            },
        },
        Engines.AccessTokenCredential token => new V1.Secret
        {
            AccessToken = new V1.AccessTokenCredential
            {
                Token = token.Token.Reveal(),
                TokenType = token.TokenType,
                Audience = token.Audience,
                ExpireTime = token.ExpireTime?.ToTimestamp(),
            },
        },
        Engines.RedisCredential redis => new V1.Secret
        {
            Redis = new V1.RedisCredential
            {
                Nodes = { redis.Nodes.Select(node => new RedisNode { Host = node.Host, Port = node.Port }) },
                Username = redis.Username,
                Password = redis.Password.Reveal(),
                Tls = redis.Tls,
            },
        },
        Engines.SshCredential ssh => new V1.Secret
        {
            Ssh = new V1.SshCredential
            {
                Certificate = ssh.Certificate,
                Principals = { ssh.Principals },
                SerialNumber = ssh.SerialNumber,
            },
        },
        Engines.RabbitMqCredential rabbit => new V1.Secret
        {
            Rabbitmq = new V1.RabbitMqCredential
            {
                Host = rabbit.Host,
                Port = rabbit.Port,
                Username = rabbit.Username,
                Password = rabbit.Password.Reveal(),
                Tls = rabbit.Tls,
                VirtualHosts = { rabbit.VirtualHosts },
            },
        },
        Engines.AwsSts.AwsCredential aws => new V1.Secret
        {
            AwsSts = new V1.AwsCredential
            {
                AccessKeyId = aws.AccessKeyId,
                SecretAccessKey = aws.SecretAccessKey.Reveal(),
                SessionToken = aws.SessionToken.Reveal(),
                ExpireTime = aws.EndTime.ToTimestamp(),
                Region = aws.Region,
                RoleArn = aws.RoleArn,
            },
        },
        Engines.Vault.VaultCredential vault => new V1.Secret { Vault = new V1.VaultCredential { Fields = { Revealed(vault) } } },
        StaticCredential kept => new V1.Secret
        {
            StaticSecret = new StaticSecretCredential { Name = kept.Name, Version = kept.Version, Fields = { Revealed(kept) } },
        },
        Engines.External.ExternalCredential external => new V1.Secret { External = new V1.ExternalCredential { Fields = { Revealed(external) } } },
        SealedCredential closed => new V1.Secret { Sealed = closed.Message },
        _ => throw new ArgumentOutOfRangeException(nameof(credential), credential.GetType().Name, "has no message"),
    };

    private static Dictionary<string, string> Revealed(FieldsCredential credential) =>
        credential.Fields.ToDictionary(field => field.Key, field => field.Value.Reveal());

    public static HoldTaskResponse ToMessage(LifelineEvent happened) => happened switch
    {
        LifelineEvent.LeaseEnded ended => new HoldTaskResponse
        {
            LeaseEnded = new LeaseEnded { LeaseId = ended.Lease.Value, Cause = (V1.EndCause)ended.Cause },
        },
        LifelineEvent.LeaseEnding ending => new HoldTaskResponse
        {
            LeaseEnding = new LeaseEnding { LeaseId = ending.Lease.Value, ExpireTime = ending.ExpireTime.ToTimestamp() },
        },
        LifelineEvent.TaskEnded ended => new HoldTaskResponse
        {
            TaskEnded = new TaskEnded { Outcome = (V1.TaskOutcome)ended.Outcome },
        },
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "has no message"),
    };
}
