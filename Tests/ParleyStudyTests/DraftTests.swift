import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

@Suite struct DraftTests {
  private func draft(_ files: [String: String]) throws -> String {
    var text = ""
    try Sample.withFolder { folder in
      var paths: [String] = []
      for (name, content) in files.sorted(by: { $0.key < $1.key }) {
        paths.append("\(folder)/\(name)")
        try content.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      text = try StudyDraft.from(paths)
    }
    return text
  }

  @Test func typesAndRangesAreInferred() throws {
    var csv = "id name,age,Weight (kg),ward,admitted,died,score,empty,code\n"
    for row in 0..<40 {
      csv += "patient-\(row),\(20 + row),\(50 + row).\(row % 10)5,\(row % 2 == 0 ? "north" : "south"),"
      csv +=
        "2021-0\(1 + row % 9)-1\(row % 10),\(row % 2),\(row % 3 == 0 ? "NA" : "-0.00\(1 + row % 9)"),,\(row % 3)\n"
    }
    let text = try draft(["Hospital A.csv": csv])
    let study = try StudyLoader.load(text: text, file: "draft.yml")
    let table = try #require(study.tables.first)
    let columns = Dictionary(uniqueKeysWithValues: table.schema.columns.map { ($0.name, $0) })
    #expect(columns["age"]?.type == .integer(0...100))
    #expect(columns["weight__kg_"]?.type == .decimal(scale: 2, 0...10_000))
    #expect(table.columns.map(\.header).contains("Weight (kg)"))
    #expect(columns["ward"]?.type == .category(["north", "south"]))
    #expect(columns["died"]?.type == .boolean)
    #expect(columns["admitted"]?.type == .date(18262...21914))
    #expect(columns["score"]?.type == .decimal(scale: 3, -1000...0) && columns["score"]?.isNullable == true)
    #expect(columns["code"]?.type == .integer(0...5))
    #expect(columns["id_name"] == nil && columns["empty"] == nil)
    #expect(table.dialect.nulls.contains("NA"))
    #expect(study.holders == ["Hospital-A"])
    #expect(text.contains("# 'id name' is text with many different values"))
    #expect(text.contains("codes?"))
    // The draft fits the file it was made from.
    let outcome = HolderCSV.check(bytes: Array(csv.utf8), file: "x", table: table, holder: "Hospital-A")
    #expect(outcome.data?.rowCount == 40, "\(outcome.problems.first?.description ?? "")")
    #expect(try StudyLoader.load(text: text, file: "d").security.adversary == .semiHonest)
  }

  /// Patients with many visits are frequent values, and no labels.
  @Test func namesOfPeopleAreNoLabels() throws {
    func table(_ header: String, _ names: [String], rows: [Int]) -> String {
      "\(header),ward\n"
        + zip(names, rows).flatMap { name, count in
          (0..<count).map { "\(name),\($0 % 2 == 0 ? "north" : "south")\n" }
        }
        .joined()
    }
    let numbered = (0..<12).map { "P0\(2291 + $0 * 37)" },
      words = (0..<12).map { "person\(Character(Unicode.Scalar(97 + $0)!))" }
    // Most are rare; all are frequent and numbered; the header says it.
    for csv in [
      table("code", words, rows: [9, 7, 6] + Array(repeating: 2, count: 9)),
      table("code", numbered, rows: Array(repeating: 8, count: 12)),
      table("Patient", words, rows: Array(repeating: 8, count: 12)),
      table("pid", words, rows: Array(repeating: 8, count: 12)),
    ] {
      let text = try draft(["a.csv": csv])
      #expect(!text.contains("P02291") && !text.contains("persona"), "\(text)")
      #expect(text.contains("protect: ") && text.contains("north"), "\(text)")
    }
    // Twelve wards are labels.
    #expect(try draft(["a.csv": table("code", words, rows: Array(repeating: 8, count: 12))]).contains("persona"))
  }

  @Test func noCellsShow() throws {
    var csv = "name,salary,joined,town\n"
    for row in 0..<30 {
      csv +=
        "Person\(row),\(51_237 + row * 391),2011-03-\(10 + row % 9),\(row < 25 ? "Springfield" : row < 29 ? "Shelbyville" : "Ogdenville")\n"
    }
    let text = try draft(["a.csv": csv])
    #expect(
      !text.contains("Person1") && !text.contains("51237") && !text.contains("62576") && !text.contains("2011-03"))
    // Four rows are too few for a label, twenty-five are not.
    #expect(text.contains("Springfield") && !text.contains("Shelbyville") && !text.contains("Ogdenville"))
    #expect(text.contains("2 rarer values not written here"))
    #expect(text.contains("no\n# cell of the data except the labels"))
    // An extreme value is never a bound, also when it is round.
    let round = try draft(["a.csv": "x\n" + String(repeating: "100\n", count: 6) + "-50\n"])
    #expect(round.contains("range: [-100, 200]"), "\(round)")
  }

  @Test func severalFilesAndDialects() throws {
    let a = "x,y,d\n1,1.5,2020-01-31\n2,2.25,2020-02-01\n"
    let b = "y;x;d;extra\n1,5;3;31.01.2020;q\n;4;01.02.2020;q\n"
    let text = try draft(["a.csv": a, "b.csv": b])
    let study = try StudyLoader.load(text: text, file: "d.yml")
    let table = try #require(study.tables.first)
    #expect(study.holders == ["a", "b"])
    #expect(table.dialect(of: "b").delimiter == .semicolon && table.dialect(of: "b").decimalMark == .comma)
    #expect(table.dialect(of: "b").dateFormat.description == "DD.MM.YYYY")
    #expect(table.schema.columns.map(\.name) == ["x", "y", "d"])
    #expect(
      table.schema.columns[1] == ColumnSchema(name: "y", type: .decimal(scale: 2, 0...500), isNullable: true))
    for (holder, csv) in [("a", a), ("b", b)] {
      let outcome = HolderCSV.check(bytes: Array(csv.utf8), file: holder, table: table, holder: holder)
      #expect(outcome.data?.rowCount == 2, "\(outcome.problems.first?.description ?? "")")
    }
    #expect(text.contains("# More in the file of \"b\": \"extra\""))
    // Where no column is in all files, all that another file does not have are named at once.
    let error = #expect(throws: ParleyError.self) { try draft(["a.csv": a, "b.csv": "day\n2020-01-31\n"]) }
    #expect(error?.code == .dataMissingColumn)
    #expect(
      error?.message.contains("columns 'x', 'y', 'd', this file does not; it has 'day'") == true,
      "\(error?.message ?? "")")
    #expect(error?.remedy?.contains("NAME, d: NAME}'") == true, "\(error?.remedy ?? "")")
  }

  /// Columns that some files do not have are left out, with what to do about it; doing it works.
  @Test func columnsOfSomeFiles() throws {
    let a = "x,y,d\n1,1.5,2020-01-31\n2,2.25,2020-02-01\n", b = "X,day\n1,2020-01-31\n4,2020-02-02\n"
    let text = try draft(["a.csv": a, "b.csv": b])
    #expect(try StudyLoader.load(text: text, file: "d.yml").tables[0].schema.columns.map(\.name) == ["x"])
    for line in [
      "      # Not in the file of \"b\":\n#       - {name: \"y\", type: decimal, scale: 2, range: [0, 5]}",
      "#           \"y\": NAME\n#           d: \"day\"", "      # More in the file of \"b\": \"day\"",
      "      # In the file of \"b\" perhaps \"day\":\n#       - {name: \"d\", type: date, range: [2020-01-01, 2029-12-31]}",
    ] {
      #expect(text.contains(line), "\(text)")
    }
    let mapped = text.replacing("#       - {name: \"d\"", with: "      - {name: \"d\"")
      .replacing("#           d:", with: "          d:")
    let table = try #require(try StudyLoader.load(text: mapped, file: "d.yml").tables.first)
    #expect(table.schema.columns.map(\.name) == ["x", "d"])
    for (holder, csv) in [("a", a), ("b", b)] {
      let outcome = HolderCSV.check(bytes: Array(csv.utf8), file: holder, table: table, holder: holder)
      #expect(outcome.data?.rowCount == 2, "\(outcome.problems.first?.description ?? "")")
    }
  }

  /// A cell that keeps a column out of the draft does not hide that another file lacks the column, nor the other way round.
  @Test func oddCellsOfColumnsThatAFileLacks() throws {
    func csv(_ names: String, odd: Bool) -> String {
      names + "\n" + (0..<30).map { "\(20 + $0),\(odd && $0 == 7 ? "about 5" : "\(50 + $0)")\n" }.joined()
    }
    let fault = "1 cell is no number: line 9"
    for (a, b) in [(true, false), (false, true)] {
      let files = ["a.csv": csv("age,weight", odd: a), "b.csv": csv("age,gewicht", odd: b)]
      let text = try draft(files)
      for words in ["Not in the file of \"b\":", "More in the file of \"b\": \"gewicht\"", fault] {
        #expect(text.contains(words), "\(text)")
      }
      // No column in common.
      let error = #expect(throws: ParleyError.self) {
        try draft(["a.csv": csv("years,weight", odd: a), "b.csv": csv("age,gewicht", odd: b)])
      }
      #expect(
        error?.code == .dataMissingColumn && error?.message.contains(fault) == true, "\(String(describing: error))"
      )
      #expect(
        error?.message.contains("'years', 'weight'") == true && error?.message.contains("'age', 'gewicht'") == true
      )
      #expect(error?.remedy?.hasPrefix("correct these cells first") == true, "\(error?.remedy ?? "")")
      #expect(error?.remedy?.contains("years: NAME, weight: NAME}") == true, "\(error?.remedy ?? "")")
    }
    // The only column in common is odd.
    let error = #expect(throws: ParleyError.self) {
      try draft(["a.csv": csv("x,weight", odd: true), "b.csv": csv("y,weight", odd: false)])
    }
    #expect(
      error?.code == .dataNoColumns && error?.message.contains(fault) == true, "\(String(describing: error))")
    #expect(
      error?.message.contains("has no column 'x' of") == true && error?.message.contains("it has 'y'") == true)
  }

  /// What the sides of maps mean is said where there are maps, and only there.
  @Test func mapsAndDatesAreExplained() throws {
    func csv(_ labels: [String], _ date: (Int) -> String) -> String {
      "sex,seen\n" + (0..<24).map { "\($0 == 3 ? "x" : labels[$0 % 2]),\(date($0 % 9 + 1))\n" }.joined()
    }
    let text = try draft([
      "a.csv": csv(["F", "M"]) { "2024-03-0\($0)" }, "b.csv": csv(["female", "male"]) { "0\($0).03.2024" },
    ])
    for words in [
      "# 'values' of a holder has, for a column, labels of its file before ':'", "it counts as that value",
      "dates are always YYYY-MM-DD", "whatever is not listed counts as \"other\"",
    ] {
      #expect(text.contains(words), "\(text)")
    }
    _ = try StudyLoader.load(text: text, file: "d.yml")
    #expect(try !draft(["a.csv": "x\n1\n2\n"]).contains("How files are written"))
  }

  @Test func oddHeadersAndNames() throws {
    let text = try draft([
      "computing-a.csv": "\"a \"\"b\"\": #c\",1st,Ä,a_b\n1,2,3,4\n",
      "x.y z.csv": "\"a \"\"b\"\": #c\",1st,Ä,a_b\n1,2,3,4\n",
    ])
    let study = try StudyLoader.load(text: text, file: "d.yml")
    #expect(study.tables[0].columns.map(\.header) == ["a \"b\": #c", "1st", "Ä", "a_b"])
    #expect(Set(study.tables[0].schema.columns.map(\.name)).count == 4)
    #expect(study.holders == ["computing-a", "x-y-z"] && study.computing.count == 3)
  }

  @Test func badFiles() throws {
    for (csv, code) in [
      ("", ParleyError.Code.dataEmpty), ("a,b\n", .dataEmpty), ("a,a\n1,2\n", .dataDuplicateHeader),
      ("a\n\"x\n", .dataSyntax), ("Title of the table\na,b\n1,2\n", .dataFieldCount),
    ] {
      let error = #expect(throws: ParleyError.self) { try draft(["a.csv": csv]) }
      #expect(error?.code == code)
    }
    let missing = #expect(throws: ParleyError.self) { try StudyDraft.from(["/nonexistent.csv"]) }
    #expect(missing?.code == .dataUnreadable)
    #expect(throws: ParleyError.self) { try StudyDraft.from([]) }
  }
}
