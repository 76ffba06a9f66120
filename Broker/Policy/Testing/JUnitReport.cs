using System.Text;
using System.Xml;

namespace SecretsBroker.Policy.Testing;

/// <summary>Results as JUnit XML, which CI systems show.</summary>
internal static class JUnitReport
{
    /// <param name="stream">Where to.</param>
    /// <param name="files">The results of each file.</param>
    public static void Write(Stream stream, IReadOnlyList<(string File, IReadOnlyList<PolicyCaseResult> Results)> files)
    {
        using var xml = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false) });
        xml.WriteStartElement("testsuites");
        foreach (var (file, results) in files)
        {
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", Clean(file));
            xml.WriteAttributeString("tests", XmlConvert.ToString(results.Count));
            xml.WriteAttributeString("failures", XmlConvert.ToString(results.Count(result => !result.HasPassed)));
            foreach (var result in results)
            {
                Write(xml, file, result);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Write(XmlWriter xml, string file, PolicyCaseResult result)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", Clean(file));
        xml.WriteAttributeString("name", Clean(result.Case.Name));
        if (!result.HasPassed)
        {
            xml.WriteStartElement("failure");
            xml.WriteAttributeString("message", Clean(result.Differences[0].ToString()));
            xml.WriteString(Clean($"{result.Case.Place}\n{string.Join('\n', result.Differences)}"));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    // XML has no way to write most control characters.
    private static string Clean(string text) => string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '\uFFFD'));
}
