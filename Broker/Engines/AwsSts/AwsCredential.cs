namespace SecretsBroker.Engines.AwsSts;

/// <summary>A session of a role.</summary>
internal sealed class AwsCredential : Credential
{
    public required string AccessKeyId { get; init; }

    public required Secret SecretAccessKey { get; init; }

    public required Secret SessionToken { get; init; }

    /// <summary>From when on the session may do nothing any more.</summary>
    public required DateTimeOffset EndTime { get; init; }

    public required string Region { get; init; }

    public required string RoleArn { get; init; }

    public override void Dispose()
    {
        SecretAccessKey.Dispose();
        SessionToken.Dispose();
    }
}
