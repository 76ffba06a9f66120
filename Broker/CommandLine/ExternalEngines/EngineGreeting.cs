using Grpc.Core;
using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using SecretsBroker.Engines.External;

namespace SecretsBroker.CommandLine.ExternalEngines;

/// <summary>Asks an engine what it is, when a test begins and when it was started again.</summary>
internal static class EngineGreeting
{
    private const int MaxShown = 64;

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(50);

    /// <param name="settings">Where it listens.</param>
    /// <param name="limit">How long it may take until it listens; zero for one that is there or is not.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EngineException">It does not answer in time.</exception>
    public static async Task<DescribeResponse> AskAsync(ExternalTargetSettings settings, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var connection = new EngineConnection(settings.Socket, settings.Owner);
        while (true)
        {
            try
            {
                var deadline = TimeProvider.System.GetUtcNow() + CallLimit;
                return await connection.Client.DescribeAsync(
                    new DescribeRequest(), deadline: deadline.UtcDateTime, cancellationToken: cancellationToken);
            }
            catch (RpcException e)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (e.StatusCode != StatusCode.Unavailable || TimeProvider.System.GetElapsedTime(started) >= limit)
                {
                    throw EngineFailure.Translate(settings.Socket, "describing", e);
                }
            }

            await Task.Delay(AskAgainAfter, cancellationToken);
        }
    }

    /// <summary>A name as the engine says it, fit for a terminal: nothing in it moves the cursor or recolours what the broker says.</summary>
    public static string Shown(string name) => string.Concat(name.Take(MaxShown).Select(c => c is >= ' ' and <= '~' ? c : '?'));

    public static string WordOf(Engine.V1.Revocability revocability) => revocability switch
    {
        Engine.V1.Revocability.DenyList => "deny-list",
        Engine.V1.Revocability.ExpireOnly => "expire-only",
        _ => "destroy",
    };
}
