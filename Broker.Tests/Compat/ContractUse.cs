using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace SecretsBroker.Tests.Compat;

/// <summary>The types and members of one assembly that another refers to.</summary>
internal sealed class ContractUse : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _reader;
    private readonly string _contract;

    public ContractUse(Assembly user, string contract)
    {
        _file = new PEReader(File.OpenRead(user.Location));
        _reader = _file.GetMetadataReader();
        _contract = contract;
    }

    public IEnumerable<string> Types =>
        from handle in _reader.TypeReferences
        where IsOfContract(handle)
        select SignatureText.Name(_reader, handle);

    public IEnumerable<(string Type, string Member)> Members =>
        from member in _reader.MemberReferences.Select(_reader.GetMemberReference)
        let type = TypeOf(member.Parent)
        where type is { } reference && IsOfContract(reference)
        select (SignatureText.Name(_reader, type.Value), Text(member));

    public void Dispose() => _file.Dispose();

    private string Text(MemberReference member) => member.GetKind() == MemberReferenceKind.Method
        ? SignatureText.Method(
            _reader.GetString(member.Name), member.DecodeMethodSignature(SignatureText.Provider, null))
        : SignatureText.Field(
            _reader.GetString(member.Name), member.DecodeFieldSignature(SignatureText.Provider, null));

    private TypeReferenceHandle? TypeOf(EntityHandle parent) => parent.Kind switch
    {
        HandleKind.TypeReference => (TypeReferenceHandle)parent,
        HandleKind.TypeSpecification => GenericTypeOf((TypeSpecificationHandle)parent),
        _ => null,
    };

    // ECMA-335 II.23.2.14: GENERICINST, CLASS or VALUETYPE, then the generic type. Its members' signatures are in
    // terms of the generic type's own parameters, as they are where it is defined.
    private TypeReferenceHandle? GenericTypeOf(TypeSpecificationHandle handle)
    {
        var blob = _reader.GetBlobReader(_reader.GetTypeSpecification(handle).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
            return null;
        blob.ReadCompressedInteger();
        var type = blob.ReadTypeHandle();
        return type.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)type : null;
    }

    private bool IsOfContract(TypeReferenceHandle handle)
    {
        var scope = _reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => IsOfContract((TypeReferenceHandle)scope),
            HandleKind.AssemblyReference =>
                _reader.GetString(_reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name) == _contract,
            _ => false,
        };
    }
}
