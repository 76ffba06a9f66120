using System.Security.Authentication;
using System.Text.Json;
using System.Xml;

namespace SecretsBroker.Engines.Http;

/// <summary>What the failures of calls to an HTTP API mean. Its words go no further.</summary>
/// <param name="api">Whose answers are expected: <c>Vault's API</c>.</param>
/// <param name="own">What a failure means that this API alone has, or that means something else with it; null for any other.</param>
internal sealed class ApiFailures(string api, Func<Exception, ApiFailure?> own)
{
    public bool IsKnown(Exception e) => e is
        EngineException or HttpRequestException or OperationCanceledException or IOException or JsonException or XmlException or InvalidOperationException
        || own(e) is not null;

    /// <param name="step">What was being done: <c>issuing</c>.</param>
    /// <param name="e">A failure that is <see cref="IsKnown"/>.</param>
    public ApiFailure Describe(string step, Exception e)
    {
        // From within: what a library wraps says more than its wrapping.
        var causes = CausesOf(e).Reverse().ToArray();
        if (causes.OfType<EngineException>().LastOrDefault() is { } engine)
        {
            return new ApiFailure(engine.Message, engine.IsTransient);
        }

        var failure = causes.OfType<AuthenticationException>().Any()
            ? new ApiFailure("failed: no trusted TLS connection", IsTransient: false)
            : causes.Select(own).FirstOrDefault(found => found is not null) ?? DescribeAny(e);
        return failure with { Text = $"{step} {failure.Text}" };
    }

    /// <inheritdoc cref="Describe"/>
    public EngineException Translate(string target, string step, Exception e)
    {
        var (text, isTransient) = Describe(step, e);
        return new EngineException($"target {target}: {text}", isTransient);
    }

    private ApiFailure DescribeAny(Exception e) => e switch
    {
        OperationCanceledException => new ApiFailure("took too long", IsTransient: true),
        HttpRequestException { StatusCode: { } status } => ApiFailure.OfStatus((int)status),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            new ApiFailure("failed: the answer is too long", IsTransient: false),
        ObjectDisposedException => new ApiFailure("failed: its connections are closed, because the broker stops", IsTransient: true),
        JsonException or XmlException or InvalidOperationException => new ApiFailure($"failed: the answer is not that of {api}", IsTransient: false),
        _ => new ApiFailure($"failed: no connection, or no whole answer ({(e.InnerException ?? e).GetType().Name})", IsTransient: true),
    };

    private static IEnumerable<Exception> CausesOf(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
