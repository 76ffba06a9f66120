using System.Text;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>The broker's own key at AWS: the one that the settings name, read at each use, or the one that the SDK finds.</summary>
internal static class AwsAccount
{
    public static async Task<AWSCredentials> FindAsync(AwsTargetSettings settings, IClientConfig config) =>
        settings.AccessKeyId is null
            ? await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync(config)
            : new Named(settings);

    private sealed class Named(AwsTargetSettings settings) : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => new(
            settings.AccessKeyId,
            Read(settings.SecretAccessKey),
            settings.SessionToken is null ? null : Read(settings.SessionToken));

        public override Task<ImmutableCredentials> GetCredentialsAsync() => Task.FromResult(GetCredentials());

        // The SDK keeps keys as texts, which cannot be zeroed.
        private static string Read(SecretReference? reference) => Encoding.UTF8.GetString(
            reference?.TryRead() ?? throw new EngineException($"what the broker signs with ({reference}) cannot be read", isTransient: false));
    }
}
