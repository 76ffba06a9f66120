namespace SecretsBroker.Engines.Contract;

/// <summary>What is secret in a credential.</summary>
internal static class CredentialSecrets
{
    /// <returns>Empty where a key that the caller keeps is all there is.</returns>
    public static IEnumerable<Secret> Of(Credential credential) => credential switch
    {
        DatabaseCredential { CertificateChain.Length: 0 } database => [database.Password],
        AccessTokenCredential token => [token.Token],
        RedisCredential redis => [redis.Password],
        RabbitMqCredential rabbit => [rabbit.Password],
        AwsSts.AwsCredential aws => [aws.SecretAccessKey, aws.SessionToken],
        FieldsCredential fields => fields.Fields.Values,
        _ => [],
    };
}
