using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Auth;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>
/// IAM's Query API, as far as one role and its inline policies go. The SDK's client of STS does not speak it; the signature is the SDK's.
/// </summary>
internal sealed class IamApi(AwsTargetSettings settings, HttpClient client, TimeProvider time)
{
    private const string Service = "iam";
    private const string Version = "2010-05-08";
    private const string ContentType = "application/x-www-form-urlencoded";

    /// <summary>A role's policies have at most some ten thousand characters together.</summary>
    private const int MaxPages = 20;

    // IAM has one endpoint a partition, which is signed for in its home region.
    private readonly (Uri Endpoint, string Region) _home = HomeOf(settings);

    /// <summary>
    /// The role that the others mean: IAM knows roles by their names, without path, and only those of the account whose key the broker has.
    /// </summary>
    public async Task<IamRole> GetRoleAsync(AWSCredentials credentials, CancellationToken cancellationToken)
    {
        var (answer, time) = await SendAsync(
            new Dictionary<string, string> { ["Action"] = "GetRole", ["RoleName"] = settings.RoleName }, credentials, cancellationToken);
        return new IamRole(
            Find(answer, "Arn") ?? throw new InvalidOperationException("there is no role"),
            time ?? throw new InvalidOperationException("there is no date"));
    }

    /// <summary>The names of the role's inline policies.</summary>
    public async Task<IReadOnlyList<string>> ListPoliciesAsync(AWSCredentials credentials, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        string? marker = null;
        for (var page = 0; page < MaxPages; page++)
        {
            var parameters = new Dictionary<string, string> { ["Action"] = "ListRolePolicies", ["RoleName"] = settings.RoleName };
            if (marker is not null)
            {
                parameters["Marker"] = marker;
            }

            var (answer, _) = await SendAsync(parameters, credentials, cancellationToken);
            var result = answer.Elements().FirstOrDefault(element => element.Name.LocalName == "ListRolePoliciesResult")
                ?? throw new InvalidOperationException("there is no result");
            names.AddRange(result.Descendants().Where(element => element.Name.LocalName == "member").Select(element => element.Value));
            marker = Find(result, "IsTruncated") == "true" ? Find(result, "Marker") : null;
            if (marker is null)
            {
                return names;
            }
        }

        throw new InvalidOperationException("there are more policies than a role can have");
    }

    public Task PutPolicyAsync(string name, string document, AWSCredentials credentials, CancellationToken cancellationToken) => SendAsync(
        new Dictionary<string, string>
        {
            ["Action"] = "PutRolePolicy", ["RoleName"] = settings.RoleName, ["PolicyName"] = name, ["PolicyDocument"] = document,
        },
        credentials,
        cancellationToken);

    /// <summary>Succeeds when there is none.</summary>
    public async Task DeletePolicyAsync(string name, AWSCredentials credentials, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(
                new Dictionary<string, string> { ["Action"] = "DeleteRolePolicy", ["RoleName"] = settings.RoleName, ["PolicyName"] = name },
                credentials,
                cancellationToken);
        }
        catch (AwsRefusalException e) when (e.Code == "NoSuchEntity")
        {
            // Another broker was faster.
        }
    }

    private static (Uri Endpoint, string Region) HomeOf(AwsTargetSettings settings)
    {
        var (host, region) = settings.Partition switch
        {
            "aws-cn" => ("iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            "aws-us-gov" => ("iam.us-gov.amazonaws.com", "us-gov-west-1"),
            _ => ("iam.amazonaws.com", "us-east-1"),
        };
        return (settings.IamEndpoint ?? new Uri($"https://{host}/"), region);
    }

    private static string? Find(XElement parent, string name) =>
        parent.Descendants().FirstOrDefault(element => element.Name.LocalName == name)?.Value;

    private async Task<(XElement Answer, DateTimeOffset? Time)> SendAsync(
        Dictionary<string, string> parameters, AWSCredentials credentials, CancellationToken cancellationToken)
    {
        parameters["Version"] = Version;
        var body = string.Join('&', parameters.Select(one => $"{Uri.EscapeDataString(one.Key)}={Uri.EscapeDataString(one.Value)}"));
        using var request = new HttpRequestMessage(HttpMethod.Post, _home.Endpoint) { Content = new StringContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        Sign(request, body, await credentials.GetCredentialsAsync().WaitAsync(cancellationToken));
        using var response = await client.SendAsync(request, cancellationToken);
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return (await XElement.LoadAsync(content, LoadOptions.None, cancellationToken), response.Headers.Date);
        }

        throw new AwsRefusalException(await CodeOfAsync(content, cancellationToken), (int)response.StatusCode, response.Headers.Date);
    }

    private static async Task<string> CodeOfAsync(Stream content, CancellationToken cancellationToken)
    {
        try
        {
            return Find(await XElement.LoadAsync(content, LoadOptions.None, cancellationToken), "Code") ?? "";
        }
        catch (System.Xml.XmlException)
        {
            return "";
        }
    }

    private void Sign(HttpRequestMessage request, string body, ImmutableCredentials credentials)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var date = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        // By name, as the signature wants them.
        var headers = new List<(string Name, string Value)>
        {
            ("content-type", ContentType), ("host", _home.Endpoint.Authority), ("x-amz-date", date),
        };
        request.Headers.Add("x-amz-date", date);
        if (credentials.UseToken)
        {
            headers.Add(("x-amz-security-token", credentials.Token));
            request.Headers.Add("x-amz-security-token", credentials.Token);
        }

        var signed = string.Join(';', headers.Select(header => header.Name));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
        var canonical = $"POST\n{_home.Endpoint.AbsolutePath}\n\n{string.Concat(headers.Select(header => $"{header.Name}:{header.Value}\n"))}\n{signed}\n{hash}";
        var signature = AWS4Signer.ComputeSignature(credentials, _home.Region, now, Service, signed, canonical);
        request.Headers.TryAddWithoutValidation("Authorization", signature.ForAuthorizationHeader);
    }
}

/// <param name="Arn">Its whole name.</param>
/// <param name="SeenTime">When it was looked at, by AWS's clock.</param>
internal readonly record struct IamRole(string Arn, DateTimeOffset SeenTime);
