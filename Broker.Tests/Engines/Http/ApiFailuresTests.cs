using System.Security.Authentication;
using System.Text.Json;
using System.Xml;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Http;

namespace SecretsBroker.Tests.Engines.Http;

/// <summary>What operators are told of a failure, and what nobody is.</summary>
internal sealed class ApiFailuresTests
{
    private const string Leak = "words-of-the-server";

    private static readonly ApiFailures Failures = new("the API", e => e switch
    {
        NotSupportedException => new ApiFailure("failed: it has said no", IsTransient: false),
        ArgumentException => new ApiFailure("failed: something is wrong", IsTransient: true),
        _ => null,
    });

    private static IEnumerable<TestCaseData> All()
    {
        yield return Case(new EngineException("its password cannot be read", isTransient: false), "its password cannot be read", isTransient: false);
        yield return Case(new IOException(Leak, new EngineException("its key is gone", isTransient: true)), "its key is gone", isTransient: true);
        yield return Case(
            new EngineException("the outer one", isTransient: true, new EngineException("the inner one", isTransient: false)), "the outer one", isTransient: true);
        yield return Case(new HttpRequestException(Leak, new IOException(Leak, new AuthenticationException(Leak))), "issuing failed: no trusted TLS connection", isTransient: false);
        yield return Case(new NotSupportedException(Leak), "issuing failed: it has said no", isTransient: false);
        yield return Case(new ArgumentException(Leak, new NotSupportedException(Leak)), "issuing failed: it has said no", isTransient: false);
        yield return Case(new ArgumentException(Leak, new IOException(Leak)), "issuing failed: something is wrong", isTransient: true);
        yield return Case(new TaskCanceledException(Leak), "issuing took too long", isTransient: true);
        yield return Case(new HttpRequestException(Leak, inner: null, System.Net.HttpStatusCode.NotFound), "issuing was answered with status 404", isTransient: false);
        yield return Case(new HttpRequestException(Leak, inner: null, System.Net.HttpStatusCode.BadGateway), "issuing was answered with status 502", isTransient: true);
        yield return Case(
            new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, Leak), "issuing failed: the answer is too long", isTransient: false);
        yield return Case(new JsonException(Leak), "issuing failed: the answer is not that of the API", isTransient: false);
        yield return Case(new XmlException(Leak), "issuing failed: the answer is not that of the API", isTransient: false);
        yield return Case(new KeyNotFoundInAnswer(Leak), "issuing failed: the answer is not that of the API", isTransient: false);
        yield return Case(new ObjectDisposedException(Leak), "issuing failed: its connections are closed, because the broker stops", isTransient: true);
        yield return Case(
            new HttpRequestException(Leak, new TimeoutException(Leak)), "issuing failed: no connection, or no whole answer (TimeoutException)", isTransient: true);
        yield return Case(new IOException(Leak), "issuing failed: no connection, or no whole answer (IOException)", isTransient: true);
    }

    [TestCaseSource(nameof(All))]
    public void Failure_is_told_in_the_brokers_words(Exception e, string text, bool isTransient)
    {
        Assert.That(Failures.IsKnown(e), Is.True);

        var failure = Failures.Translate("target-a", "issuing", e);

        Assert.That((failure.Message, failure.IsTransient), Is.EqualTo(($"target target-a: {text}", isTransient)));
        Assert.That($"{failure}", Does.Not.Contain(Leak));
    }

    [Test]
    public void Fault_of_the_brokers_own_is_none_of_the_target() => Assert.That(Failures.IsKnown(new FormatException()), Is.False);

    private static TestCaseData Case(Exception e, string text, bool isTransient) =>
        new TestCaseData(e, text, isTransient).SetArgDisplayNames($"{e.GetType().Name}: {text}");

    private sealed class KeyNotFoundInAnswer(string message) : InvalidOperationException(message);
}
