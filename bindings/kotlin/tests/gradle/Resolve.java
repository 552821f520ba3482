import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.gradle.api.Project;
import org.gradle.api.attributes.Attribute;
import org.gradle.api.attributes.Category;
import org.gradle.api.attributes.Usage;
import org.gradle.api.attributes.java.TargetJvmEnvironment;
import org.gradle.testfixtures.ProjectBuilder;

/** Resolves what programs depend on, and fails if Gradle selects other files of the SDK than expected. */
public class Resolve {
    private static final String GROUP = "io.github.ravi-hq:";

    public static void main(String[] arguments) {
        try {
            resolve(arguments);
        } catch (RuntimeException | Error failure) {
            failure.printStackTrace();
            System.exit(1);
        }
        // Threads of Gradle would keep the program running for minutes.
        System.exit(0);
    }

    private static void resolve(String[] arguments) {
        var repositories = List.of(arguments[0], arguments[1]);
        var platform = arguments[2];
        var version = new File(arguments[0], "io/github/ravi-hq/aod-sdk").list()[0];
        var jar = "aod-sdk-" + version;
        var kit = "aod-sdk-testing-" + version;
        var sdk = GROUP + "aod-sdk:" + version;
        var testing = GROUP + "aod-sdk-testing:" + version;

        expect(repositories, false, Set.of(jar + ".jar"), sdk);
        expect(repositories, false, Set.of(jar + "-without-natives.jar", jar + "-natives-" + platform + ".jar"),
                sdk + ":without-natives", sdk + ":natives-" + platform);
        expect(repositories, false, Set.of(jar + ".jar", kit + ".jar", kit + "-" + platform + ".jar"),
                sdk, testing, testing + ":" + platform);
        // Only on a machine with the Android NDK.
        var hasAar = new File(arguments[0], "io/github/ravi-hq/aod-sdk-android").exists();
        if (hasAar) {
            expect(repositories, true, Set.of("aod-sdk-android-" + version + ".aar"), sdk);
        }
        System.out.println("Gradle selects the right files" + (hasAar ? "" : "; NOT TESTED, without an AAR: Android"));
    }

    private static void expect(List<String> repositories, boolean android, Set<String> files, String... dependencies) {
        Project project = ProjectBuilder.builder().build();
        project.getPluginManager().apply("java-library");
        for (var repository : repositories) {
            project.getRepositories().maven(maven -> maven.setUrl(new File(repository).toURI()));
        }
        for (var dependency : dependencies) {
            project.getDependencies().add("implementation", dependency);
        }
        var configuration = project.getConfigurations().getByName("runtimeClasspath");
        if (android) {
            configuration = project.getConfigurations().create("android");
            configuration.extendsFrom(project.getConfigurations().getByName("implementation"));
            // What the Android plugin of Gradle asks for.
            var objects = project.getObjects();
            configuration.getAttributes()
                    .attribute(Usage.USAGE_ATTRIBUTE, objects.named(Usage.class, Usage.JAVA_RUNTIME))
                    .attribute(Category.CATEGORY_ATTRIBUTE, objects.named(Category.class, Category.LIBRARY))
                    .attribute(
                            TargetJvmEnvironment.TARGET_JVM_ENVIRONMENT_ATTRIBUTE,
                            objects.named(TargetJvmEnvironment.class, TargetJvmEnvironment.ANDROID))
                    .attribute(Attribute.of("org.jetbrains.kotlin.platform.type", String.class), "androidJvm");
        }
        var found = new TreeSet<String>();
        var others = new TreeSet<String>();
        // Lenient, as Maven has downloaded only the files that it selects itself.
        for (var file : configuration.getIncoming().artifactView(view -> view.lenient(true)).getFiles()) {
            (file.getName().startsWith("aod-sdk") ? found : others).add(file.getName());
        }
        System.out.println(Arrays.toString(dependencies) + ": " + found + " " + others);
        if (!found.equals(files) || others.stream().noneMatch(name -> name.startsWith("jna-"))) {
            throw new AssertionError("expected " + files + " with JNA");
        }
    }
}
