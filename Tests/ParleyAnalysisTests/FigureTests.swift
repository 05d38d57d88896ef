import Foundation
import FoundationXML
import ParleyAnalysis
import ParleyProgram
import Testing

@Suite struct FigureTests {
  /// Survival of two groups on a grid, with a step that is withheld.
  static func survival(names: [String] = ["male", "female"], hostile: [[String?]] = []) -> ReportSheet {
    var rows: [[String?]] = []
    var labels: [String?] = []
    for (index, name) in names.enumerated() {
      var survival = 1.0, atRisk = index == 0 ? 138 : 90
      for time in stride(from: 0, through: 900, by: 30) {
        if time > 0 { survival *= index == 0 ? 0.91 : 0.94 }
        atRisk -= index == 0 ? 4 : 2
        let band = 0.1 * (1 - survival) + 0.01
        labels.append(name)
        rows.append(
          time == 120 && index == 0
            ? ["120", "withheld", "withheld", "withheld", "withheld"]
            : ["\(time)", "\(survival)", "\(max(0, survival - band))", "\(min(1, survival + band))", "\(atRisk)"])
      }
    }
    labels += hostile.map { _ in names[0] }
    rows += hostile
    let result = ReportSample.result(
      "lung.curve", keys: [("sex", labels)],
      columns: [
        ("time", .integer), ("survival", ReportSample.float), ("low", ReportSample.float),
        ("high", ReportSample.float), ("at risk", .integer),
      ],
      figure: Figure(
        .steps(.init(time: "time", value: "survival", lower: "low", upper: "high", atRisk: "at risk", by: "sex")),
        title: "Survival by sex", horizontal: "days", vertical: "survival"), rows: rows.count)
    return ReportSample.sheets([(result, rows)])[0]
  }

  static func forest() -> ReportSheet {
    let rows: [[String?]] = [
      ["0.684", "0.470", "0.996"], ["0.944", "0.904", "0.986"], ["1.369", "0.748", "2.503"],
      ["0.861", "0.568", "1.305"],
      ["0.648", "0.307", "1.37"], ["0.919", "0.626", "1.348"], ["1.096", "1.036", "1.159"],
      ["3", "0.0001", "90000"],
    ]
    let labels = ["fin", "age", "race: black", "wexp", "mar", "paro", "prio", "too wide for the axis"]
    let result = ReportSample.result(
      "recidivism.coefficients", keys: [("", labels)],
      columns: [("exp(coef)", ReportSample.float), ("low", ReportSample.float), ("high", ReportSample.float)],
      figure: Figure(
        .forest(
          .init(label: "", estimate: "exp(coef)", lower: "low", upper: "high", reference: 1, isLogarithmic: true)),
        title: "Recidivism: hazard ratios", horizontal: "hazard ratio with 95% interval"), rows: rows.count)
    return ReportSample.sheets([(result, rows)])[0]
  }

  static func histogram() -> ReportSheet {
    let counts = [4, 17, 46, 98, 165, 203, 190, 121, 55, 21]
    let rows: [[String?]] = counts.indices.map { ["\(25 + 5 * $0)", "\(30 + 5 * $0)", "\(counts[$0])"] }
    let result = ReportSample.result(
      "ages.histogram", columns: [("from", .integer), ("to", .integer), ("count", .integer)],
      figure: Figure(
        .histogram(.init(from: "from", to: "to", count: "count")), title: "Age of patients", horizontal: "years",
        vertical: "patients"),
      rows: rows.count)
    return ReportSample.sheets([(result, rows)])[0]
  }

  static func bars() -> ReportSheet {
    let sites = ["Cleveland", "Hungarian Institute of Cardiology", "Switzerland", "Long Beach"]
    let labels = sites.flatMap { [$0, $0] }, groups = sites.flatMap { _ in ["female", "male"] }
    let values: [[String?]] = [
      ["26", "18", "35"], ["56", "49", "63"], ["15", "8", "24"], ["44", "37", "51"], ["78", "45", "94"],
      ["94", "88", "98"], ["67", "30", "90"],
      ["75", "68", "81"],
    ]
    let result = ReportSample.result(
      "sites.disease", keys: [("site", labels), ("sex", groups)],
      columns: [("percent", .integer), ("low", .integer), ("high", .integer)],
      figure: Figure(
        .bars(.init(label: "site", value: "percent", by: "sex", lower: "low", upper: "high")),
        title: "Heart disease by site and sex",
        vertical: "percent with disease"), rows: values.count)
    return ReportSample.sheets([(result, values)])[0]
  }

  /// Well-formed for a reader of XML, which counts elements.
  final class Reader: NSObject, XMLParserDelegate {
    var elements: [String: Int] = [:]
    var text = ""
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      elements[name, default: 0] += 1
      for (key, value) in attributes
      where ["x", "y", "x1", "x2", "y1", "y2", "width", "height"].contains(key) && value != "100%" {
        if Double(value).map({ $0.isFinite && abs($0) < 5000 }) != true {
          elements["broken \(key) \(value)", default: 0] += 1
        }
      }
    }
    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    static func read(_ svg: String) throws -> Reader {
      let reader = Reader()
      let parser = XMLParser(data: Data(svg.utf8))
      parser.delegate = reader
      #expect(parser.parse(), "\(String(describing: parser.parserError))")
      #expect(!reader.elements.keys.contains { $0.hasPrefix("broken") }, "\(reader.elements)")
      return reader
    }
  }

  /// Written where `PARLEY_FIGURES` says, for somebody to look at.
  private static func kept(_ svg: String, _ name: String) throws {
    guard let folder = ProcessInfo.processInfo.environment["PARLEY_FIGURES"] else { return }
    try svg.write(toFile: "\(folder)/\(name).svg", atomically: true, encoding: .utf8)
  }

  @Test func figuresHaveWhatWasOpened() throws {
    var svg = try #require(SVGFigures.svg(Self.survival()))
    try Self.kept(svg, "survival")
    var reader = try Reader.read(svg)
    // A band and a curve for each group.
    #expect(reader.elements["path"] == 4)
    for word in ["Survival by sex", "female", "days", "At risk", "134"] {
      #expect(reader.text.contains(word), "\(word)")
    }

    svg = try #require(SVGFigures.svg(Self.forest()))
    try Self.kept(svg, "forest")
    reader = try Reader.read(svg)
    #expect(reader.elements["rect"] == 9 && reader.text.contains("0.684 (0.470 to 0.996)"))
    // Two arrows: the last interval goes on beyond both ends.
    #expect(reader.elements["path"] == 2)

    svg = try #require(SVGFigures.svg(Self.histogram()))
    try Self.kept(svg, "histogram")
    reader = try Reader.read(svg)
    #expect(reader.elements["rect"] == 11 && reader.text.contains("years"))

    svg = try #require(SVGFigures.svg(Self.bars()))
    try Self.kept(svg, "bars")
    reader = try Reader.read(svg)
    #expect(reader.elements["rect"] == 11 && reader.text.contains("Hungarian"))
    let linear = try #require(SVGFigures.svg(ReportSample.linear()[0]))
    try Self.kept(linear, "linear")
    #expect(SVGFigures.svg(ReportSample.linear()[1]) == nil)
  }

  /// Labels are others' text.
  @Test func labelsCannotWriteIntoTheFile() throws {
    let names = [
      "</text><script>alert(1)</script>", "a\"b'c&d<e>\u{0}\u{1b}[2J\u{202e}\u{ffff}", "&amp;<!--", "]]>",
      String(repeating: "long ", count: 900),
      "\u{1F9D1}\u{200d}\u{1F680}", "",
    ]
    let svg = try #require(SVGFigures.svg(Self.survival(names: names)))
    try Self.kept(svg, "labels")
    let reader = try Reader.read(svg)
    #expect(Set(reader.elements.keys) == ["svg", "title", "rect", "line", "path", "text"])
    #expect(reader.text.contains("</text><script>alert") && svg.utf8.count < 100_000)
    #expect(
      !svg.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{202e}" || $0 == "\u{ffff}" || $0 == "\u{0}" })
  }

  /// Opened numbers may be anything too: the figure is drawn of what an axis can hold.
  @Test func numbersMayBeAnything() throws {
    let odd: [[String?]] = [
      ["1e300", "0.5", "0.4", "0.6", "3"], ["nan", "inf", "-inf", "x", "9e99"],
      ["-5", "-7", "1e99", "-1e99", "-4"], [nil, nil, nil, nil, nil],
      ["500", "1e-99", "0", "1", nil], ["9223372036854775807", "2", "1", "3", "9223372036854775807"],
    ]
    for count in 1...odd.count {
      let sheet = Self.survival(hostile: Array(odd.prefix(count)))
      _ = try Reader.read(try #require(SVGFigures.svg(sheet)))
      #expect(TerminalPlot.lines(sheet).count > 10)
    }
    let kinds: [Figure.Kind] = [
      .forest(.init(label: "a", estimate: "a", lower: "b", upper: "c")),
      .forest(.init(label: "a", estimate: "a", lower: "b", upper: "c", reference: 1, isLogarithmic: true)),
      .histogram(.init(from: "a", to: "b", count: "c")),
      .bars(.init(label: "a", value: "b", by: "c", lower: "a", upper: "c")),
      .steps(.init(time: "a", value: "b", lower: "b", upper: "c", atRisk: "c", by: "a")),
    ]
    let values = ["nan", "0", "1", "-1", "5e-324", "-1e99", "1e99", "withheld"]
    for kind in kinds {
      for a in values {
        for b in values {
          for c in values {
            let result = ReportSample.result(
              "r", columns: [("a", ReportSample.float), ("b", ReportSample.float), ("c", ReportSample.float)],
              figure: Figure(kind, title: "t"), rows: 2)
            let sheet = ReportSample.sheets([(result, [[a, b, c], ["1", "1", "2"]])])[0]
            if let svg = SVGFigures.svg(sheet) { _ = try Reader.read(svg) }
            _ = TerminalPlot.lines(sheet)
          }
        }
      }
    }
    #expect(
      SVGFigures.svg(Self.survival(names: [])) == nil && TerminalPlot.lines(Self.survival(names: [])).isEmpty)
  }

  @Test func terminalsShowCurvesAndBars() throws {
    var lines = TerminalPlot.lines(Self.survival())
    try Self.kept(lines.joined(separator: "\n"), "survival-terminal")
    #expect(
      lines.count == 19 && lines[0].hasPrefix("1.0 ┤⠉") && lines[18].hasSuffix("female")
        && lines[16] == "survival by days")
    lines = TerminalPlot.lines(Self.forest())
    try Self.kept(lines.joined(separator: "\n"), "forest-terminal")
    #expect(lines.count == 9 && lines[1].contains("■"))
    lines = TerminalPlot.lines(Self.histogram())
    try Self.kept(lines.joined(separator: "\n"), "histogram-terminal")
    #expect(lines.count == 10 && lines[5] == "50 to 55  " + String(repeating: "⣿", count: 40) + " 203")
    lines = TerminalPlot.lines(Self.bars())
    try Self.kept(lines.joined(separator: "\n"), "bars-terminal")
    #expect(lines.count == 8 && lines[0].hasPrefix("Cleveland, female"))
  }
}
