using System.Text;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>The broker's own key at AWS: the one that the settings name, read at each use, or the one that the SDK finds.</summary>
/// <param name="find">Looks for it, perhaps long, and without going back to its caller before it is done.</param>
internal sealed class AwsAccount(Func<Task<AWSCredentials>> find)
{
    private readonly Lock _lock = new();
    private Task<AWSCredentials>? _found;

    public static AwsAccount Of(AwsTargetSettings settings, IClientConfig config) => new(() => settings.AccessKeyId is null
        ? DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync(config)
        : Task.FromResult<AWSCredentials>(new Named(settings)));

    /// <summary>Looked for on first use, and again when that failed: what is not there yet does not keep the broker from starting.</summary>
    public async Task<AWSCredentials> GetAsync(CancellationToken cancellationToken)
    {
        Task<AWSCredentials> finding;
        lock (_lock)
        {
            // Of the pool's, so that nobody waits longer than they have time, be it here or at the lock.
            finding = _found is { IsFaulted: false, IsCanceled: false } found ? found : _found = Task.Run(find, CancellationToken.None);
        }

        return await finding.WaitAsync(cancellationToken);
    }

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
