namespace SecretsBroker.Client;

/// <summary>Gives the token that proves who this workload is. Asked before each call, so that a rotated token is picked up.</summary>
public abstract class TokenSource
{
    /// <summary>The <see cref="SecretsBrokerException.Reason"/> when there is no token.</summary>
    internal const string NoToken = "NO_TOKEN";

    /// <summary>The token, without <c>Bearer</c>.</summary>
    /// <exception cref="SecretsBrokerException">There is none.</exception>
    public abstract ValueTask<string> GetTokenAsync(CancellationToken cancellationToken);

    /// <summary>A file that something else keeps fresh, such as a projected service account token.</summary>
    public static TokenSource FromFile(string path) => new FileTokenSource(path);

    /// <summary>An environment variable, read at each call.</summary>
    public static TokenSource FromEnvironment(string variable) => FromCallback(_ =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } token
            ? ValueTask.FromResult(token)
            : throw new SecretsBrokerException($"the environment variable {variable} holds no token", NoToken));

    /// <summary>Whatever the callback gives. It is asked at each call, by several at once, so one that asks elsewhere should keep the answer.</summary>
    public static TokenSource FromCallback(Func<CancellationToken, ValueTask<string>> callback) => new CallbackTokenSource(callback);

    private sealed class FileTokenSource(string path) : TokenSource
    {
        public override async ValueTask<string> GetTokenAsync(CancellationToken cancellationToken)
        {
            try
            {
                var token = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
                return token.Length > 0 ? token : throw new SecretsBrokerException($"the file {path} holds no token", NoToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new SecretsBrokerException($"the token file {path} cannot be read", NoToken, innerException: e);
            }
        }
    }

    private sealed class CallbackTokenSource(Func<CancellationToken, ValueTask<string>> callback) : TokenSource
    {
        public override ValueTask<string> GetTokenAsync(CancellationToken cancellationToken) => callback(cancellationToken);
    }
}
