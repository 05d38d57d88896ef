import Foundation
import ParleyAnalysis
public import ParleyBase

/// Drafts a study file from holders' CSV files: types and ranges to review, places to fill in.
///
/// A draft may travel to people who must not see the data, so it holds no cell of it except the labels of
/// categories, and of those only the ones that occur in ``rareLimit`` rows or more; ranges are rounded outwards to
/// round numbers. It says so at its head.
public enum StudyDraft {
  /// Labels in fewer rows are not written.
  public static let rareLimit = 5

  /// Gives the bytes of a file from its beginning, decompressed.
  package typealias Open = (String) throws(ParleyError) -> any ByteSource

  /// The text of a study file with one table; each file becomes a holder of it, named after the file.
  public static func from(_ files: [String]) throws(ParleyError) -> String {
    try from(files) { (path: String) throws(ParleyError) -> any ByteSource in
      do throws(FileSource.Failure) { return try FileSource(path: path) } catch { throw error.inWords(file: path) }
    }
  }

  /// The same for files that have to be opened in another way.
  package static func from(_ files: [String], open: Open) throws(ParleyError) -> String {
    try draft(files, open: open).text
  }

  /// The same, with what its author should know of it at once.
  ///
  /// - Parameter analysis: a kind of analysis, asked instead of a query.
  package static func draft(
    _ files: [String], analysis: String? = nil, open: Open
  ) throws(ParleyError) -> (text: String, notes: [String]) {
    guard !files.isEmpty else {
      throw ParleyError(.usage, "no data file was named", remedy: "name one: parley study init --from a.csv")
    }
    var guesses: [FileGuess] = []
    for path in files { guesses.append(try FileGuess(path: path, open: open)) }
    guard guesses.contains(where: { $0.rows > 0 }) else {
      throw ParleyError(
        .dataEmpty, "the file has a header but no rows", at: .init(file: files[0], line: 1),
        remedy: "name a file with column names and some rows")
    }
    var names: Set<String> = []
    for position in guesses.indices {
      var name = guesses[position].holder
      var number = 2
      while names.contains(name.lowercased()) {
        name = "\(guesses[position].holder)-\(number)"
        number += 1
      }
      names.insert(name.lowercased())
      guesses[position].holder = name
    }
    var writer = DraftWriter(files: guesses)
    if let analysis {
      let drafted = try StudyLoader.load(text: try writer.text(), file: "the draft")
      writer.analyses = try AnalysisKinds.draft(analysis, of: drafted.schemas[0])
    }
    return (try writer.text(), writer.notes)
  }
}
