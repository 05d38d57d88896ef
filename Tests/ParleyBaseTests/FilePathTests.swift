import ParleyBase
import Testing

@Suite("Paths and counted nouns") struct FilePathTests {
  @Test(
    "folder and name of a path, of one letter too",
    arguments: [
      ("r", ".", "r"), ("/r", "/", "r"), ("a/b", "a", "b"), ("a//b", "a", "b"), ("a/b/", "a", "b"),
      ("//r", "/", "r"),
      ("/a/b.csv", "/a", "b.csv"), ("./r", ".", "r"), ("../r", "..", "r"), ("/", "/", ""), ("", ".", ""),
      ("é", ".", "é"),
    ])
  func parts(path: String, folder: String, name: String) {
    #expect(FilePath.folder(path) == folder)
    #expect(FilePath.name(path) == name)
  }

  @Test("one thing is not counted as several")
  func nouns() {
    #expect([0, 1, 2].map { counted($0, "row") } == ["0 rows", "1 row", "2 rows"])
    #expect(counted(2, "study", "studies") == "2 studies")
  }
}
