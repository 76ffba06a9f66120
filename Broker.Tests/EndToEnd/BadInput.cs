using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Leases;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Calls that break one rule of the protos each, with the field that the answer has to name.</summary>
internal static class BadInput
{
    private const string Tag = "hidden \U000E0041 words";
    private static readonly string SomeLease = LeaseId.New(0).Value;

    /// <summary>Names, and what is no name in any field.</summary>
    private static readonly (string Name, string Value)[] NoNames =
    [
        ("a space", "re ad"), ("a line break", "read\n"), ("a NUL", "read\0"), ("a letter beyond ASCII", "réad"), ("an escape", "\u001b[31m"),
    ];

    private static readonly (string Name, string Value)[] NoTexts =
    [
        ("a line break", "a\nb"), ("an escape", "a\u001b[31mb"), ("a direction override", "a\u202eb"), ("a line separator", "a\u2028b"),
        ("a zero-width joiner", "a\u200db"), ("a tag character", Tag), ("a delete", "a\u007fb"),
    ];

    private static readonly (string Name, Duration Value)[] NoSpans =
    [
        ("zero", new Duration()), ("negative", new Duration { Seconds = -1 }), ("less than a second", new Duration { Nanos = 999_999_999 }),
        ("negative nanoseconds", new Duration { Seconds = 5, Nanos = -1 }), ("the longest there is", new Duration { Seconds = 315_576_000_000 }),
        ("longer than there is", new Duration { Seconds = long.MaxValue, Nanos = int.MaxValue }),
        ("the shortest there is", new Duration { Seconds = long.MinValue, Nanos = int.MinValue }),
    ];

    public static IEnumerable<TestCaseData> Calls() =>
        [.. Issues(), .. NewTasks(), .. Credentials(), .. Starts(), .. Others()];

    private static IEnumerable<TestCaseData> Issues()
    {
        yield return Issue("no intent", "intent", request => request.Intent = null);
        yield return Issue("no task", "task", request => request.ClearTask());
        yield return Issue("an empty task id", "task_id", request => request.TaskId = "");
        yield return Issue("another folder", "task_id", request => request.TaskId = "../t");
        foreach (var (field, maximum, set) in (( string, int, Action<Proto.IssueLeaseRequest, string>)[])
        [
            ("task_id", 64, (request, value) => request.TaskId = value),
            ("request_id", 64, (request, value) => request.RequestId = value),
            ("intent.action", 64, (request, value) => request.Intent.Action = value),
            ("intent.resource", 256, (request, value) => request.Intent.Resource = value),
            ("intent.tool", 64, (request, value) => request.Intent.Tool = value),
        ])
        {
            yield return Issue($"{maximum + 1} characters", field, request => set(request, new string('a', maximum + 1)));
            foreach (var (name, value) in NoNames)
            {
                yield return Issue(name, field, request => set(request, value));
            }
        }

        yield return Issue("none", "intent.action", request => request.Intent.Action = "");
        yield return Issue("none", "intent.resource", request => request.Intent.Resource = "");
        yield return Issue("none", "intent.purpose", request => request.Intent.Purpose = "");
        yield return Issue("501 characters", "intent.purpose", request => request.Intent.Purpose = new string('a', 501));
        foreach (var (name, value) in NoTexts)
        {
            yield return Issue(name, "intent.purpose", request => request.Intent.Purpose = value);
        }

        yield return Issue("a day and a second", "intent.time_to_live", request => request.Intent.TimeToLive = new Duration { Seconds = 86_401 });
        foreach (var (name, value) in NoSpans)
        {
            yield return Issue(name, "intent.time_to_live", request => request.Intent.TimeToLive = value);
        }
    }

    private static IEnumerable<TestCaseData> NewTasks()
    {
        yield return NewTask("65 characters", "new_task.task_id", task => task.TaskId = new string('a', 65));
        yield return NewTask("201 characters", "new_task.initiator", task => task.Initiator = new string('a', 201));
        yield return NewTask("17 entries", "new_task.labels", task => task.Labels.Add(Enumerable.Range(0, 17).ToDictionary(i => $"k{i}", _ => "")));
        yield return NewTask("an empty key", "new_task.labels", task => task.Labels.Add("", ""));
        yield return NewTask("capital letters in a key", "new_task.labels", task => task.Labels.Add("Key", ""));
        yield return NewTask("a key of 64 characters", "new_task.labels", task => task.Labels.Add(new string('k', 64), ""));
        yield return NewTask("a value of 201 characters", "new_task.labels", task => task.Labels.Add("k", new string('a', 201)));
        foreach (var (name, value) in NoTexts)
        {
            yield return NewTask(name, "new_task.initiator", task => task.Initiator = value);
            yield return NewTask($"{name} in a value", "new_task.labels", task => task.Labels.Add("k", value));
        }
    }

    private static IEnumerable<TestCaseData> Credentials()
    {
        const string Certificate = "credential.certificate";
        yield return Credential("no key", Certificate, new() { Certificate = new() });
        yield return Credential("none", $"{Certificate}.public_key", new() { Certificate = new() { PublicKey = ByteString.Empty } });
        yield return Credential("too long", $"{Certificate}.public_key", new() { Certificate = new() { PublicKey = Bytes(2049) } });
        yield return Credential(
            "too long", $"{Certificate}.certificate_signing_request", new() { Certificate = new() { CertificateSigningRequest = Bytes(8193) } });
        yield return Credential("none", "credential.postgres.public_key", new() { Postgres = new() { PublicKey = ByteString.Empty } });
        yield return Credential("too long", "credential.postgres.public_key", new() { Postgres = new() { PublicKey = Bytes(2_049) } });
        yield return Credential(
            "too long", "credential.postgres.certificate_signing_request", new() { Postgres = new() { CertificateSigningRequest = Bytes(8_193) } });
        yield return Credential("too long", "credential.access_token.certificate", new() { AccessToken = new() { Certificate = Bytes(16_385) } });
        yield return Credential("none", "credential.access_token.json_web_key", new() { AccessToken = new() { JsonWebKey = "" } });
        yield return Credential("too long", "credential.access_token.json_web_key", new() { AccessToken = new() { JsonWebKey = new string('é', 2049) } });
        yield return Credential("none", "credential.ssh.public_key", new() { Ssh = new() });
        yield return Credential("too long", "credential.ssh.public_key", new() { Ssh = new() { PublicKey = new string('é', 4097) } });
        foreach (var (what, name, value) in ((string, string, string)[])
        [
            ("a name with a space", "a b", ""), ("no name", "", ""), ("a long name", new string('a', 65), ""), ("a NUL", "a", "b\0"),
            ("a long value", "a", new string('é', 2049)),
        ])
        {
            yield return Credential(what, "credential.external.input", new() { External = new() { Input = { [name] = value } } });
        }

        yield return Credential(
            "17 values", "credential.external.input", new() { External = new() { Input = { Enumerable.Range(0, 17).ToDictionary(i => $"k{i}", _ => "") } } });
        yield return Credential(
            "too much", "credential.external.input", new() { External = new() { Input = { Enumerable.Range(0, 5).ToDictionary(i => $"k{i}", _ => new string('a', 4096)) } } });
    }

    private static IEnumerable<TestCaseData> Starts()
    {
        foreach (var (name, value) in NoNames)
        {
            yield return Start(name, "task_id", request => request.TaskId = value);
        }

        foreach (var (name, value) in NoTexts)
        {
            yield return Start(name, "purpose", request => request.Purpose = value);
            yield return Start(name, "initiator", request => request.Initiator = value);
        }

        foreach (var (name, value) in NoSpans)
        {
            yield return Start(name, "lifetime", request => request.Lifetime = value);
        }

        yield return Start("none", "purpose", request => request.Purpose = "");
        yield return Start("501 characters", "purpose", request => request.Purpose = new string('a', 501));
        yield return Start("201 characters", "initiator", request => request.Initiator = new string('a', 201));
        yield return Start("17 entries", "labels", request => request.Labels.Add(Enumerable.Range(0, 17).ToDictionary(i => $"k{i}", _ => "")));
    }

    private static IEnumerable<TestCaseData> Others()
    {
        foreach (var outcome in (Proto.TaskOutcome[])[Proto.TaskOutcome.Unspecified, Proto.TaskOutcome.Lost, (Proto.TaskOutcome)99, (Proto.TaskOutcome)(-1)])
        {
            yield return Case($"CompleteTask: outcome {(int)outcome}", "outcome", async agent => await agent.CompleteAsync("t", outcome));
        }

        foreach (var (name, value) in ((string, Duration)[])[.. NoSpans, ("two seconds", new Duration { Seconds = 2 }), ("six minutes", new Duration { Seconds = 360 })])
        {
            yield return Case($"HoldTask: grace {name}", "grace", async agent =>
            {
                using var call = agent.Tasks.HoldTask(new Proto.HoldTaskRequest { TaskId = "t", Grace = value });
                await call.ResponseStream.MoveNext(default);
            });
        }

        foreach (var (name, value) in NoSpans)
        {
            yield return Case($"RenewLease: time to live {name}", "time_to_live", async agent =>
                await agent.Leases.RenewLeaseAsync(new Proto.RenewLeaseRequest { LeaseId = SomeLease, TimeToLive = value }));
        }

        foreach (var size in (int[])[-1, 201, int.MaxValue, int.MinValue])
        {
            yield return List($"page size {size}", "page_size", request => request.PageSize = size);
        }

        yield return List("another task id", "task_id", request => request.TaskId = "a b");
        foreach (var token in (string[])["x", "-", $"x-{SomeLease}", $"99999999999999999999-{SomeLease}", new string('1', 100_000)])
        {
            yield return List($"page token {token[..Math.Min(30, token.Length)]}", "page_token", request => request.PageToken = token);
        }

        foreach (var outcome in (int[])[0, 99, -1])
        {
            yield return Use($"outcome {outcome}", "outcome", request => request.Outcome = (Proto.UseOutcome)outcome);
        }

        yield return Use("no tool", "tool", request => request.Tool = "");
        yield return Use("no resource", "downstream_resource", request => request.DownstreamResource = "");
        yield return Use("a long resource", "downstream_resource", request => request.DownstreamResource = new string('a', 257));
        foreach (var (name, value) in NoNames)
        {
            yield return Use($"tool with {name}", "tool", request => request.Tool = value);
            yield return Use($"action with {name}", "action", request => request.Action = value);
            yield return Use($"resource with {name}", "downstream_resource", request => request.DownstreamResource = value);
        }
    }

    private static TestCaseData Issue(string name, string field, Action<Proto.IssueLeaseRequest> spoil) =>
        Case($"IssueLease: {field}: {name}", field, async agent =>
        {
            var request = Agent.Request("t", BrokerUnderTest.Items);
            spoil(request);
            await agent.Leases.IssueLeaseAsync(request);
        });

    private static TestCaseData NewTask(string name, string field, Action<Proto.NewTask> spoil) =>
        Issue(name, field, request => spoil(request.NewTask = new Proto.NewTask()));

    private static TestCaseData Credential(string name, string field, Proto.CredentialRequest credential) =>
        Issue(name, field, request => request.Credential = credential);

    private static TestCaseData Start(string name, string field, Action<Proto.StartTaskRequest> spoil) =>
        Case($"StartTask: {field}: {name}", field, async agent =>
        {
            var request = new Proto.StartTaskRequest { Purpose = "a test" };
            spoil(request);
            await agent.Tasks.StartTaskAsync(request);
        });

    private static TestCaseData List(string name, string field, Action<Proto.ListLeasesRequest> spoil) =>
        Case($"ListLeases: {name}", field, async agent =>
        {
            var request = new Proto.ListLeasesRequest();
            spoil(request);
            await agent.Leases.ListLeasesAsync(request);
        });

    private static TestCaseData Use(string name, string field, Action<Proto.ReportUseRequest> spoil) =>
        Case($"ReportUse: {name}", field, async agent =>
        {
            var request = new Proto.ReportUseRequest
            {
                LeaseId = SomeLease,
                Tool = "curl",
                DownstreamResource = BrokerUnderTest.Items,
                Outcome = Proto.UseOutcome.Succeeded,
            };
            spoil(request);
            await agent.Leases.ReportUseAsync(request);
        });

    private static TestCaseData Case(string name, string field, Func<Agent, Task> call) =>
        new TestCaseData(field, call).SetArgDisplayNames(name.Replace('.', '/'));

    private static ByteString Bytes(int length) => ByteString.CopyFrom(new byte[length]);
}
