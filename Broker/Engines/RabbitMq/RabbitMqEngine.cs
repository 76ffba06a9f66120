using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Http;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>
/// A user a lease, named by the lease, with a random password of which only the hash is sent. RabbitMQ ends a removed user's connections;
/// a revocation has succeeded when they are gone.
/// </summary>
internal sealed class RabbitMqEngine(Target target, RabbitMqTargetSettings settings, TimeProvider time) : IListableEngine
{
    private const int MaxAttempts = 5;
    private const string NoAdministrator = "the broker's account has not the tag administrator";

    /// <summary>The first whose API counts and closes the connections of one user.</summary>
    private static readonly Version OldestVersion = new(3, 10);

    /// <summary>How long no connection may have been seen before a revocation believes that there is none.</summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);

    private readonly ManagementApi _api = new(settings);
    private readonly ApiCalls _calls = new(target, ManagementFailure.All, time);

    public Revocability Revocability => Revocability.Destroy;

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        if (request.Input is not (CredentialInput.RabbitMq or CredentialInput.None))
        {
            throw new CredentialInputException("a RabbitMQ user takes no input of this kind");
        }

        var faults = new CatalogFaults();
        var grant = RabbitMqGrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {target.Name}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var user = UserOf(request.LeaseId);
        var password = Secret.Random();
        try
        {
            // Not ended with the caller's time but with the target's: what was sent cannot be called back, and a request that came through
            // after the call was over would make a user that nobody expects any more.
            await CallAsync("issuing", token => SetAsync(user, PasswordHash.Compute(password.Bytes), grant, token), CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return new RabbitMqCredential
            {
                Host = settings.AmqpHost,
                Port = settings.AmqpPort,
                Tls = settings.AmqpTls,
                VirtualHosts = [.. grant.Permissions.Select(permission => permission.VirtualHost)],
                Username = user,
                Password = password,
            };
        }
        catch
        {
            password.Dispose();
            throw;
        }
    }

    /// <summary>RabbitMQ knows no end of a user: there is nothing to move, only to see that nobody removed it meanwhile.</summary>
    public async ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken) =>
        await CallAsync("renewing", token => _api.HasUserAsync(UserOf(lease.Id), token), cancellationToken);

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) =>
        await CallAsync("revoking", token => RemoveAsync(UserOf(lease.Id), token), cancellationToken);

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var user = UserOf(lease.Id);
        return await CallAsync(
            "verifying",
            async token =>
            {
                // What stands between, or a wrong address, answers 404 to everything, which would prove that anything is gone.
                if (!IsAdministrator(await _api.ReadOwnAccountAsync(token)))
                {
                    throw new EngineException(NoAdministrator, isTransient: false);
                }

                var exists = await _api.HasUserAsync(user, token);
                var connections = await _api.CountConnectionsAsync(user, token);
                return exists || connections > 0
                    ? new Verification(Gone: false, $"user {user}: {(exists ? "exists" : "no such user")}, {connections} connections")
                    : new Verification(Gone: true, $"user {user}: no such user, no connections");
            },
            cancellationToken);
    }

    public async ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
    {
        var names = await CallAsync("listing", _api.ListUsersAsync, cancellationToken);
        return new ListedPage([.. names.Select(name => LeaseNames.Parse(name, mark)).OfType<LeaseId>()], NextCursor: null);
    }

    public async ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken) =>
        await CallAsync("looking", token => _api.HasUserAsync(UserOf(lease), token), cancellationToken);

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        var findings = new List<string>();
        await CallAsync(
            "checking",
            async token =>
            {
                if (!IsAdministrator(await _api.ReadOwnAccountAsync(token)))
                {
                    findings.Add(NoAdministrator);
                    return false;
                }

                var stated = (await _api.ReadOverviewAsync(token))?["rabbitmq_version"]?.GetValue<string>();
                if (!Version.TryParse(stated?.Split('-', '+')[0], out var version) || version < OldestVersion)
                {
                    findings.Add($"it is RabbitMQ {version}, and {OldestVersion} is the oldest that can be used");
                }

                return true;
            },
            cancellationToken);
        if (findings.Count > 0)
        {
            throw new EngineException($"target {target.Name}: {string.Join("; ", findings)}", isTransient: false);
        }
    }

    public ValueTask DisposeAsync()
    {
        _api.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string UserOf(LeaseId lease) => LeaseNames.Of(lease);

    /// <summary>Older versions write the tags as one text, newer ones as a list.</summary>
    private static bool IsAdministrator(JsonNode? account) => account?["tags"] switch
    {
        JsonArray tags => tags.Any(tag => tag?.GetValue<string>() == "administrator"),
        JsonValue tags => tags.GetValue<string>().Split(',').Contains("administrator"),
        _ => false,
    };

    private async Task<bool> SetAsync(string user, string passwordHash, RabbitMqGrantSettings grant, CancellationToken cancellationToken)
    {
        // Permissions and connections of an earlier issue of the same lease do not live on under the new password.
        await _api.DeleteUserAsync(user, cancellationToken);
        await _api.SetUserAsync(user, passwordHash, cancellationToken);
        foreach (var permission in grant.Permissions)
        {
            await InVirtualHostAsync(
                permission.VirtualHost, () => _api.SetPermissionAsync(user, permission, cancellationToken), cancellationToken);
        }

        foreach (var topic in grant.Topics)
        {
            await InVirtualHostAsync(
                topic.VirtualHost, () => _api.SetTopicPermissionAsync(user, topic, cancellationToken), cancellationToken);
        }

        return true;
    }

    /// <summary>A permission is refused when its virtual host does not exist, and when somebody removed the user meanwhile.</summary>
    private async Task InVirtualHostAsync(string name, Func<Task> set, CancellationToken cancellationToken)
    {
        try
        {
            await set();
        }
        catch (HttpRequestException e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest)
        {
            throw await _api.HasVirtualHostAsync(name, cancellationToken)
                ? new EngineException("the user's permissions were refused", isTransient: true, e)
                : new EngineException("there is no such virtual host as the grant names", isTransient: false, e);
        }
    }

    private async Task<bool> RemoveAsync(string user, CancellationToken cancellationToken)
    {
        await _api.DeleteUserAsync(user, cancellationToken);
        // It closes them by itself, but counts a connection only a little after it was let in: one of the last moment would be missed.
        var quietSince = time.GetTimestamp();
        do
        {
            if (await _api.CountConnectionsAsync(user, cancellationToken) > 0)
            {
                await _api.CloseConnectionsAsync(user, cancellationToken);
                quietSince = time.GetTimestamp();
            }

            await Task.Delay(LookAgainAfter, time, cancellationToken);
        }
        while (time.GetElapsedTime(quietSince) < QuietTime);
        return true;
    }

    private static TimeSpan Jitter(int attempt) => TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(10, 50 * attempt));

    /// <summary>With retries where two met by chance.</summary>
    private Task<T> CallAsync<T>(string step, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) => _calls.RunAsync(
        step,
        async limit =>
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await call(limit);
                }
                catch (HttpRequestException e) when (attempt < MaxAttempts && ManagementFailure.IsConflict(e))
                {
                    await Task.Delay(Jitter(attempt), time, limit);
                }
            }
        },
        cancellationToken);
}
