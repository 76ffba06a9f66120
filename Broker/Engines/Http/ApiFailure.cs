namespace SecretsBroker.Engines.Http;

/// <summary>What a failure means, in the broker's words.</summary>
/// <param name="Text">What happened: <c>was answered with status 503</c>, behind the step that it happened to.</param>
/// <param name="IsTransient">Whether the same may succeed later.</param>
internal readonly record struct ApiFailure(string Text, bool IsTransient)
{
    /// <summary>Whether the API has answered so.</summary>
    public bool IsAnswer { get; init; }

    public static ApiFailure OfStatus(int status) => new($"was answered with status {status}", IsTransientStatus(status)) { IsAnswer = true };

    public static bool IsTransientStatus(int status) => status is 408 or 429 or >= 500;
}
