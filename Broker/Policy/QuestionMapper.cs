using System.Net;
using System.Runtime.CompilerServices;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy;

/// <summary>
/// Puts the broker's question into Cedar's terms. This shape is what policies are written against:
/// <code>
/// principal  Workload::"spiffe://example.org/agent"
///              id            String     the SPIFFE ID again, for `like`
///              trust_domain  String
///              method        String     how it authenticated: "oidc_token", "jwt_svid"
///              claims        Record     of Strings: the claims that the issuer's configuration passes on
///            in Group::"…"              for each of its groups
/// action     Action::"read"
/// resource   Resource::"invoices-api/invoices"
///              grant         String     the catalogue entry that would serve it
///              engine        String
///              target        String
///              classification, environment  String, empty when the grant states none
///            in Resource::"invoices-api"  and so on for each shorter path
/// context      task          String     its id
///              task_purpose  String
///              purpose       String     of this request
///              initiator     String     only when stated
///              labels        Record     of Strings: the task's
///              tool          String     only when stated
///              ttl           duration   what would be granted
///              ttl_seconds   Long       the same, rounded up
///              time          datetime   now, by the store's clock
///              source_address  ipaddr   only when known
///              renewal       Bool       whether an existing lease is to be stretched
/// </code>
/// </summary>
internal sealed class QuestionMapper
{
    public const string WorkloadType = "Workload";
    public const string GroupType = "Group";
    public const string ActionType = "Action";
    public const string ResourceType = "Resource";

    // By reference: a grant lives as long as its catalogue, and two grants may serve one resource with different attributes.
    private readonly ConditionalWeakTable<Grant, EntitySet> _resources = [];

    public (AuthorizationRequest Request, EntitySet Entities) Map(PolicyQuestion question)
    {
        var principal = MapWorkload(question.Workload);
        var entities = _resources.GetValue(question.Grant, MapResource).With(principal).OrThrow();
        var request = new AuthorizationRequest(
            principal.Uid,
            new EntityUid(ActionType, question.Intent.Action),
            new EntityUid(ResourceType, question.Grant.Resource),
            MapContext(question));
        return (request, entities);
    }

    private static CedarEntity MapWorkload(Workload workload) => new(
        new EntityUid(WorkloadType, workload.Id.Value),
        CedarRecord.Of(
            ("id", CedarValue.Of(workload.Id.Value)),
            ("trust_domain", CedarValue.Of(workload.Id.TrustDomain)),
            ("method", CedarValue.Of(NameOf(workload.Method))),
            ("claims", Texts(workload.Attributes))),
        [.. workload.Groups.Select(group => new EntityUid(GroupType, group))]);

    // Frozen here and not derived from the enum: a policy must not change its meaning because a member was renamed.
    private static string NameOf(AuthenticationMethod method) => method switch
    {
        AuthenticationMethod.OidcToken => "oidc_token",
        AuthenticationMethod.JwtSvid => "jwt_svid",
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "has no name in policies"),
    };

    private static EntitySet MapResource(Grant grant)
    {
        var above = new List<EntityUid>();
        for (var end = grant.Resource.IndexOf('/'); end >= 0; end = grant.Resource.IndexOf('/', end + 1))
        {
            above.Add(new EntityUid(ResourceType, grant.Resource[..end]));
        }

        var attributes = CedarRecord.Of(
            ("grant", CedarValue.Of(grant.Name)),
            ("engine", CedarValue.Of(grant.Engine)),
            ("target", CedarValue.Of(grant.Target)),
            ("classification", CedarValue.Of(grant.Classification)),
            ("environment", CedarValue.Of(grant.Environment)));
        return EntitySet.Create(new CedarEntity(new EntityUid(ResourceType, grant.Resource), attributes, above)).OrThrow();
    }

    private static CedarRecord MapContext(PolicyQuestion question)
    {
        var (intent, context) = (question.Intent, question.Context);
        var timeToLive = intent.TimeToLive ?? question.Grant.DefaultTimeToLive;
        var fields = new List<KeyValuePair<string, CedarValue>>(11)
        {
            new("task", CedarValue.Of(context.Task.Value)),
            new("task_purpose", CedarValue.Of(context.TaskPurpose)),
            new("purpose", CedarValue.Of(intent.Purpose)),
            new("labels", Texts(context.Labels)),
            // Rounded up: what is granted is never longer than what policy saw.
            new("ttl", new CedarDuration(RoundUp(timeToLive, TimeSpan.TicksPerMillisecond))),
            new("ttl_seconds", CedarValue.Of(RoundUp(timeToLive, TimeSpan.TicksPerSecond))),
            new("time", new CedarDateTime(context.Time.ToUnixTimeMilliseconds())),
            new("renewal", CedarValue.Of(context.Renewal)),
        };
        if (context.Initiator.Length > 0)
        {
            fields.Add(new("initiator", CedarValue.Of(context.Initiator)));
        }

        if (intent.Tool.Length > 0)
        {
            fields.Add(new("tool", CedarValue.Of(intent.Tool)));
        }

        if (MapAddress(context.SourceAddress) is { } address)
        {
            fields.Add(new("source_address", address));
        }

        return CedarRecord.Of(fields);
    }

    private static CedarIpAddress? MapAddress(string text)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            return null;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        else if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            // Without the zone (fe80::1%eth0), which names an interface of this machine.
            address = new IPAddress(address.GetAddressBytes());
        }

        return CedarIpAddress.Parse(address.ToString());
    }

    private static CedarRecord Texts(IReadOnlyDictionary<string, string> texts) =>
        CedarRecord.Of(texts.Select(pair => new KeyValuePair<string, CedarValue>(pair.Key, CedarValue.Of(pair.Value))));

    private static long RoundUp(TimeSpan span, long unit) => (span.Ticks + unit - 1) / unit;
}
