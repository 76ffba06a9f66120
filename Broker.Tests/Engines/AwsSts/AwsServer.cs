using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using SecretsBroker.Engines.AwsSts;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>
/// A server that follows the published APIs of STS and IAM as far as sessions of one role and that role's inline policies go: it checks
/// signatures and parameters, and knows what a session may do.
/// </summary>
internal sealed class AwsServer : IAsyncDisposable
{
    public const string Region = "eu-central-1";
    public const string RoleArn = "arn:aws:iam::123456789012:role/agents/invoices-reader";
    public const string KeyId = "AKIAIOSFODNN7EXAMPLE";
    public const string SecretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    private const string IamVersion = "2010-05-08";

    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(15);

    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly List<IReadOnlyDictionary<string, string>> _requests = [];
    private readonly Dictionary<string, Session> _sessions = [];
    private readonly SortedDictionary<string, string> _policies = [];

    private AwsServer(WebApplication app, TimeProvider time) => (_app, _time) = (app, time);

    public string Url { get; private set; } = "";

    /// <summary>What the role's trust policy asks for; null for nothing.</summary>
    public string? ExternalId { get; set; }

    /// <summary>Of the broker's own key, where that is one of a session.</summary>
    public string? Token { get; set; }

    public TimeSpan MaxSession { get; set; } = TimeSpan.FromHours(12);

    /// <summary>How many characters the role's policies may have together; AWS allows 10,240.</summary>
    public int PolicyQuota { get; set; } = int.MaxValue;

    /// <summary>How many policies it lists at once.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>The role of that name in the account of the broker's key: the one that IAM means, and whose policies are kept here.</summary>
    public string NamedRoleArn { get; set; } = RoleArn;

    /// <summary>How far its clock is ahead.</summary>
    public TimeSpan ClockSkew { get; set; }

    /// <summary>Given the action, before anything else; true answers in its place.</summary>
    public Func<HttpContext, string, Task<bool>>? Instead { get; set; }

    private sealed record Session(string Secret, string Token, string SourceIdentity, string Policy, DateTimeOffset Expiration);

    /// <summary>The parameters of each request whose signature was right.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Requests => Locked(() => _requests.ToArray());

    /// <summary>The names of the role's inline policies.</summary>
    public IReadOnlyList<string> Policies => Locked(() => _policies.Keys.ToArray());

    public static async Task<AwsServer> StartAsync(TimeProvider? time = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new AwsServer(app, time ?? TimeProvider.System);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        server.Url = app.Urls.Single();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public void PutPolicy(string name, string document) => Locked(() => _policies[name] = document);

    /// <summary>What a service of AWS would say to a request with that session.</summary>
    public bool Allows(AwsCredential credential, string action, string resource) => Locked(() =>
    {
        var now = _time.GetUtcNow();
        if (!_sessions.TryGetValue(credential.AccessKeyId, out var session) || session.Expiration <= now
            || session.Secret != credential.SecretAccessKey.Reveal() || session.Token != credential.SessionToken.Reveal())
        {
            return false;
        }

        var context = new Dictionary<string, string>
        {
            ["aws:CurrentTime"] = now.ToString("O", CultureInfo.InvariantCulture),
            ["aws:SourceIdentity"] = session.SourceIdentity,
            ["aws:RequestedRegion"] = Region,
        };
        return PolicyCheck.Says(session.Policy, "Allow", action, resource, context)
            && !(NamedRoleArn == RoleArn && _policies.Values.Any(policy => PolicyCheck.Says(policy, "Deny", action, resource, context)));
    });

    private T Locked<T>(Func<T> look)
    {
        lock (_lock)
        {
            return look();
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var parameters = QueryHelpers.ParseQuery(body).ToDictionary(one => one.Key, one => one.Value.ToString());
        var action = parameters.GetValueOrDefault("Action", "");
        if (Instead is { } instead && await instead(context, action))
        {
            return;
        }

        var (status, content) = Locked(() => Refusal(context.Request, body, parameters) ?? Answer(parameters));
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/xml";
        // The SDK, which signs by the system's clock, reads the server's from it.
        var clock = parameters.GetValueOrDefault("Version") == IamVersion ? _time : TimeProvider.System;
        context.Response.Headers.Date = (clock.GetUtcNow() + ClockSkew).ToString("R", CultureInfo.InvariantCulture);
        await context.Response.WriteAsync(content, context.RequestAborted);
    }

    private (int Status, string Content)? Refusal(HttpRequest request, string body, Dictionary<string, string> parameters)
    {
        if (SignatureCheck.KeyIdOf(request) != KeyId)
        {
            return Refused(403, "InvalidClientTokenId");
        }

        var (service, region) = parameters["Version"] == IamVersion ? ("iam", "us-east-1") : ("sts", Region);
        if (!SignatureCheck.IsSignedBy(request, body, SecretKey, region, service) || (Token is not null && request.Headers["x-amz-security-token"] != Token))
        {
            return Refused(403, "SignatureDoesNotMatch");
        }

        var signed = SignatureCheck.TimeOf(request);
        if (new[] { TimeProvider.System.GetUtcNow() + ClockSkew, _time.GetUtcNow() + ClockSkew }.All(now => (signed - now).Duration() > Leeway))
        {
            return Refused(403, "RequestExpired");
        }

        _requests.Add(parameters);
        return null;
    }

    private (int Status, string Content) Answer(Dictionary<string, string> parameters) => parameters["Action"] switch
    {
        "GetCallerIdentity" => Answered("GetCallerIdentity", "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/broker</Arn>"),
        "AssumeRole" => Assume(parameters),
        _ when parameters.GetValueOrDefault("RoleName") != NamedRoleArn.Split('/')[^1] => Refused(404, "NoSuchEntity"),
        "GetRole" => Answered("GetRole", $"<Role><RoleName>{parameters["RoleName"]}</RoleName><Arn>{NamedRoleArn}</Arn></Role>"),
        "ListRolePolicies" => ListPolicies(parameters),
        "PutRolePolicy" => PutPolicy(parameters),
        "DeleteRolePolicy" => _policies.Remove(parameters["PolicyName"]) ? Answered("DeleteRolePolicy", "") : Refused(404, "NoSuchEntity"),
        _ => Refused(400, "InvalidAction"),
    };

    private (int Status, string Content) Assume(Dictionary<string, string> parameters)
    {
        var seconds = int.Parse(parameters["DurationSeconds"], CultureInfo.InvariantCulture);
        if (parameters["RoleArn"] != RoleArn || ExternalId != parameters.GetValueOrDefault("ExternalId"))
        {
            return Refused(403, "AccessDenied");
        }

        if (seconds < 900 || seconds > MaxSession.TotalSeconds || parameters["Policy"].Length > 2048 || parameters["RoleSessionName"].Length is < 2 or > 64)
        {
            return Refused(400, "ValidationError");
        }

        var (id, made) = ($"ASIA{RandomNumberGenerator.GetHexString(32, lowercase: true)}", new Session(
            RandomNumberGenerator.GetHexString(32, lowercase: true),
            RandomNumberGenerator.GetHexString(32, lowercase: true),
            parameters["SourceIdentity"],
            parameters["Policy"],
            _time.GetUtcNow() + TimeSpan.FromSeconds(seconds)));
        _sessions[id] = made;
        return Answered("AssumeRole", Describe(id, made));
    }

    private static string Describe(string id, Session session) =>
        $"<SourceIdentity>{session.SourceIdentity}</SourceIdentity><PackedPolicySize>6</PackedPolicySize><Credentials><AccessKeyId>{id}</AccessKeyId>"
        + $"<SecretAccessKey>{session.Secret}</SecretAccessKey><SessionToken>{session.Token}</SessionToken>"
        + $"<Expiration>{session.Expiration.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}</Expiration></Credentials>";

    private (int Status, string Content) ListPolicies(Dictionary<string, string> parameters)
    {
        var marker = parameters.GetValueOrDefault("Marker", "");
        var rest = _policies.Keys.Where(name => string.CompareOrdinal(name, marker) > 0).ToArray();
        var page = rest.Take(PageSize).ToArray();
        var more = rest.Length > page.Length ? $"<IsTruncated>true</IsTruncated><Marker>{page[^1]}</Marker>" : "<IsTruncated>false</IsTruncated>";
        return Answered("ListRolePolicies", $"<PolicyNames>{string.Concat(page.Select(name => $"<member>{name}</member>"))}</PolicyNames>{more}");
    }

    private (int Status, string Content) PutPolicy(Dictionary<string, string> parameters)
    {
        var (name, document) = (parameters["PolicyName"], parameters["PolicyDocument"]);
        if (_policies.Where(one => one.Key != name).Sum(one => one.Value.Length) + document.Length > PolicyQuota)
        {
            return Refused(409, "LimitExceeded");
        }

        _policies[name] = document;
        return Answered("PutRolePolicy", "");
    }

    private static (int Status, string Content) Answered(string action, string result) =>
        (200, $"<{action}Response xmlns=\"https://amazonaws.com/doc/\"><{action}Result>{result}</{action}Result>"
            + $"<ResponseMetadata><RequestId>{RandomNumberGenerator.GetHexString(32, lowercase: true)}</RequestId></ResponseMetadata></{action}Response>");

    private static (int Status, string Content) Refused(int status, string code) => (status, ErrorOf(code));

    public static async Task<bool> RefuseAsync(HttpContext context, int status, string code)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, "text/xml");
        await context.Response.WriteAsync(ErrorOf(code), context.RequestAborted);
        return true;
    }

    public static string ErrorOf(string code) =>
        $"<ErrorResponse xmlns=\"https://amazonaws.com/doc/\"><Error><Type>Sender</Type><Code>{code}</Code>"
        + $"<Message>{OwnWords}</Message></Error><RequestId>{RandomNumberGenerator.GetHexString(32, lowercase: true)}</RequestId></ErrorResponse>";

    /// <summary>What no error of the broker's repeats.</summary>
    public const string OwnWords = "the server's own words";
}
