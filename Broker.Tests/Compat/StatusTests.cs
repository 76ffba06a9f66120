using Grpc.Core;

namespace SecretsBroker.Tests.Compat;

internal sealed class StatusTests
{
    /// <summary>https://grpc.io/docs/guides/status-codes/</summary>
    [Test]
    public void Codes_have_the_numbers_of_the_protocol() => Assert.That(
        Enum.GetValues<StatusCode>().Select(code => $"{(int)code} {code}"),
        Is.EqualTo(new[]
        {
            "0 OK", "1 Cancelled", "2 Unknown", "3 InvalidArgument", "4 DeadlineExceeded", "5 NotFound", "6 AlreadyExists",
            "7 PermissionDenied", "8 ResourceExhausted", "9 FailedPrecondition", "10 Aborted", "11 OutOfRange",
            "12 Unimplemented", "13 Internal", "14 Unavailable", "15 DataLoss", "16 Unauthenticated",
        }));

    [Test]
    public void Exception_holds_status_trailers_and_cause()
    {
        var cause = new InvalidOperationException("why");
        var status = new Status(StatusCode.Internal, "what", cause);
        var trailers = new Metadata { { "key", "value" } };

        var exception = new RpcException(status, trailers);

        Assert.That(exception.StatusCode, Is.EqualTo(StatusCode.Internal));
        Assert.That(exception.Status.Detail, Is.EqualTo("what"));
        Assert.That(exception.Trailers, Is.SameAs(trailers));
        Assert.That(exception.InnerException, Is.SameAs(cause));
        Assert.That(exception.Message, Is.EqualTo(status.ToString()).And.Contain("Internal").And.Contain("what"));
    }

    [Test]
    public void Exception_may_have_a_message_of_its_own()
    {
        var exception = new RpcException(new Status(StatusCode.NotFound, "detail"), "message");

        Assert.That(exception.Message, Is.EqualTo("message"));
        Assert.That(exception.Trailers, Is.Empty);
        Assert.That(exception.InnerException, Is.Null);
    }

    [Test]
    public void Default_status_is_ok()
    {
        Assert.That(default(Status).StatusCode, Is.EqualTo(StatusCode.OK));
        Assert.That(Status.DefaultSuccess.StatusCode, Is.EqualTo(StatusCode.OK));
        Assert.That(Status.DefaultCancelled.StatusCode, Is.EqualTo(StatusCode.Cancelled));
    }
}
