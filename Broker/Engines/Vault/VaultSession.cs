using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SecretsBroker.Engines.Vault;

/// <summary>
/// Requests with the broker's own token. One that came from a login is replaced by a new login before it ends, or when Vault refuses it;
/// what was made with the old one stays, because leases' tokens are nobody's children.
/// </summary>
internal sealed class VaultSession(VaultLogin login, VaultClient client, TimeProvider time) : IDisposable
{
    /// <summary>Of a token's life, the part after which it is replaced.</summary>
    private const double Late = 2.0 / 3;

    /// <summary>A login younger than this was not the reason of a refusal; and one that failed is not tried again sooner.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1);
    private OwnToken? _current;
    private long? _failed;

    /// <param name="Token">Not zeroed when it is replaced: requests under way still send it.</param>
    /// <param name="Since">When it was asked for.</param>
    /// <param name="Life">Zero for one that does not end.</param>
    private sealed record OwnToken(Secret Token, long Since, TimeSpan Life);

    public async Task<VaultAnswer> SendAsync(HttpMethod method, string path, JsonObject? content, CancellationToken cancellationToken)
    {
        if (login.Path is null)
        {
            using var token = ReadSecret();
            return await client.SendAsync(method, path, content, token, cancellationToken);
        }

        var own = await TokenAsync(refused: null, cancellationToken);
        try
        {
            return await client.SendAsync(method, path, content, own.Token, cancellationToken);
        }
        catch (VaultRefusalException e) when (e.Status == 403 && time.GetElapsedTime(own.Since) > Pause)
        {
            // It may have been revoked, or Vault restored from a time before it. One that only lacks a policy is kept: the next would be refused
            // as well, and logins may be numbered.
            if (await IsKnownAsync(own, cancellationToken))
            {
                throw;
            }

            own = await TokenAsync(refused: own, cancellationToken);
            return await client.SendAsync(method, path, content, own.Token, cancellationToken);
        }
    }

    public void Dispose()
    {
        _current?.Token.Dispose();
        _turn.Dispose();
    }

    private async Task<bool> IsKnownAsync(OwnToken own, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.SendAsync(HttpMethod.Get, "auth/token/lookup-self", content: null, own.Token, cancellationToken);
            return true;
        }
        catch (VaultRefusalException e) when (e.Status == 403)
        {
            return false;
        }
    }

    private async Task<OwnToken> TokenAsync(OwnToken? refused, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _current) is { } current && current != refused && !IsLate(current))
        {
            return current;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            // Somebody else may have logged in meanwhile.
            if (_current is { } other && other != refused && (!IsLate(other) || IsPausing()))
            {
                return other;
            }

            return await LogInAsync(refused, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<OwnToken> LogInAsync(OwnToken? refused, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        try
        {
            var content = new JsonObject();
            foreach (var (name, value) in login.Fields)
            {
                content[name] = value;
            }

            using var secret = ReadSecret();
            content[login.SecretField] = secret.Reveal();
            using var answer = await client.SendAsync(HttpMethod.Post, login.Path!, content, token: null, cancellationToken);
            var auth = answer.Root.Of("auth");
            var token = Checked(auth.Bytes("client_token"));
            Volatile.Write(ref _current, new OwnToken(token, since, TimeSpan.FromSeconds(auth.Number("lease_duration"))));
            _failed = null;
        }
        catch (Exception e) when (_current is { } old && old != refused && !IsOver(old) && VaultFailure.All.IsKnown(e))
        {
            // The one that is there still serves: revoking goes on while the login does not work.
            cancellationToken.ThrowIfCancellationRequested();
            _failed = since;
        }
        catch (VaultRefusalException e) when (e.Status is >= 400 and < 500 and not 429)
        {
            throw new EngineException($"the broker's login was answered with status {e.Status}", isTransient: false, e);
        }

        return _current!;
    }

    private bool IsLate(OwnToken own) => own.Life > TimeSpan.Zero && time.GetElapsedTime(own.Since) >= own.Life * Late;

    private bool IsOver(OwnToken own) => own.Life > TimeSpan.Zero && time.GetElapsedTime(own.Since) >= own.Life;

    private bool IsPausing() => _failed is { } failed && time.GetElapsedTime(failed) < Pause;

    // Read at each use, so that rotating it needs no restart.
    private Secret ReadSecret()
    {
        var secret = new Secret(login.Secret?.TryRead()
            ?? throw new EngineException($"what the broker logs in with ({login.Secret}) cannot be read", isTransient: false));
        return login.Path is null ? Checked(secret) : secret;
    }

    /// <summary>It becomes a header.</summary>
    private static Secret Checked(Secret token)
    {
        if (token.Bytes.Length > 0 && !token.Bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return token;
        }

        token.Dispose();
        throw new EngineException("the broker's token is none that can be sent", isTransient: false);
    }
}
