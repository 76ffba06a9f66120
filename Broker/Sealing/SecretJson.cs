using System.Text.Json;
using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;
using SecretsBroker.Engines.External;
using SecretsBroker.Engines.Static;
using SecretsBroker.Engines.Vault;

namespace SecretsBroker.Sealing;

/// <summary>
/// A credential as its message <c>secretsbroker.v1.Secret</c> is written in proto3 JSON. Written here and not by way of the message, which
/// would leave the secret in memory as texts that cannot be zeroed.
/// </summary>
internal static class SecretJson
{
    public static void Write(WipedBuffer buffer, Credential credential)
    {
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        switch (credential)
        {
            case DatabaseCredential database:
                Write(json, database);
                break;
            case CertificateCredential certificate:
                Write(json, certificate);
                break;
            case AccessTokenCredential token:
                Write(json, token);
                break;
            case RedisCredential redis:
                Write(json, redis);
                break;
            case SshCredential ssh:
                Write(json, ssh);
                break;
            case RabbitMqCredential rabbit:
                Write(json, rabbit);
                break;
            case AwsCredential aws:
                Write(json, aws);
                break;
            case VaultCredential vault:
                Write(json, "vault"u8, vault);
                break;
            case StaticCredential kept:
                Write(json, kept);
                break;
            case ExternalCredential external:
                Write(json, "external"u8, external);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(credential), credential.GetType().Name, "has no JSON");
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, DatabaseCredential database)
    {
        json.WriteStartObject("postgres"u8);
        json.WriteString("host"u8, database.Host);
        json.WriteNumber("port"u8, database.Port);
        json.WriteString("database"u8, database.Database);
        json.WriteString("username"u8, database.Username);
        json.WriteString("password"u8, database.Password.Bytes);
        json.WriteString("certificateChain"u8, database.CertificateChain);
    }

    private static void Write(Utf8JsonWriter json, CertificateCredential certificate)
    {
        json.WriteStartObject("certificate"u8);
        json.WriteString("certificateChain"u8, certificate.CertificateChain);
        json.WriteString("certificateAuthority"u8, certificate.CertificateAuthority);
        json.WriteString("serialNumber"u8, certificate.SerialNumber);
    }

    private static void Write(Utf8JsonWriter json, AccessTokenCredential token)
    {
        json.WriteStartObject("accessToken"u8);
        json.WriteString("token"u8, token.Token.Bytes);
        json.WriteString("tokenType"u8, token.TokenType);
        json.WriteString("audience"u8, token.Audience);
        if (token.ExpireTime is { } end)
        {
            json.WriteString("expireTime"u8, end.UtcDateTime);
        }
    }

    private static void Write(Utf8JsonWriter json, RedisCredential redis)
    {
        json.WriteStartObject("redis"u8);
        json.WriteStartArray("nodes"u8);
        foreach (var (host, port) in redis.Nodes)
        {
            json.WriteStartObject();
            json.WriteString("host"u8, host);
            json.WriteNumber("port"u8, port);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("username"u8, redis.Username);
        json.WriteString("password"u8, redis.Password.Bytes);
        json.WriteBoolean("tls"u8, redis.Tls);
    }

    private static void Write(Utf8JsonWriter json, SshCredential ssh)
    {
        json.WriteStartObject("ssh"u8);
        json.WriteString("certificate"u8, ssh.Certificate);
        Write(json, "principals"u8, ssh.Principals);
        // 64 bits are a text in proto3 JSON: JavaScript's numbers do not hold them.
        json.WriteString("serialNumber"u8, ssh.SerialNumber.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void Write(Utf8JsonWriter json, RabbitMqCredential rabbit)
    {
        json.WriteStartObject("rabbitmq"u8);
        json.WriteString("host"u8, rabbit.Host);
        json.WriteNumber("port"u8, rabbit.Port);
        json.WriteString("username"u8, rabbit.Username);
        json.WriteString("password"u8, rabbit.Password.Bytes);
        json.WriteBoolean("tls"u8, rabbit.Tls);
        Write(json, "virtualHosts"u8, rabbit.VirtualHosts);
    }

    private static void Write(Utf8JsonWriter json, StaticCredential kept)
    {
        json.WriteStartObject("staticSecret"u8);
        json.WriteString("name"u8, kept.Name);
        json.WriteNumber("version"u8, kept.Version);
        json.WriteStartObject("fields"u8);
        foreach (var (field, value) in kept.Fields)
        {
            json.WriteString(field, value.Bytes);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, AwsCredential aws)
    {
        json.WriteStartObject("awsSts"u8);
        json.WriteString("accessKeyId"u8, aws.AccessKeyId);
        json.WriteString("secretAccessKey"u8, aws.SecretAccessKey.Bytes);
        json.WriteString("sessionToken"u8, aws.SessionToken.Bytes);
        // Of whole seconds.
        json.WriteString("expireTime"u8, aws.EndTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteString("region"u8, aws.Region);
        json.WriteString("roleArn"u8, aws.RoleArn);
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, FieldsCredential credential)
    {
        json.WriteStartObject(name);
        json.WriteStartObject("fields"u8);
        foreach (var (field, value) in credential.Fields)
        {
            json.WriteString(field, value.Bytes);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
